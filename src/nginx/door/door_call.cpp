#include "nginx/door/door_call.hpp"

#include "nginx/door/door_answer.hpp"
#include "nginx/host/log.hpp"
#include "nginx/request/request.hpp"
#include "nginx/shared_memory/counters.hpp"

namespace private_image {

using upload::Outcome;
using upload::UploadError;

DoorCall* doorCallOf(ngx_http_request_t* r) {
    return static_cast<DoorCall*>(
        ngx_http_get_module_ctx(r->main, ngx_http_private_image_door_module));
}

// ------------------------------------------------------------------ beginning and end

DoorCall::DoorCall(ngx_http_request_t* r, Door& door) : r_(r), door_(door) {
    event_.data = this;
    event_.handler = onEvent;
    event_.log = r->connection->log;
}

// The client has left, if there was no answer. What a thread is doing goes on without the request.
DoorCall::~DoorCall() {
    if (!outcome_) {
        record(Outcome::endedEarly);
    }
}

void DoorCall::clearEvent() {
    if (event_.timer_set) {
        ngx_del_timer(&event_);
    }
    if (event_.posted) {
        ngx_delete_posted_event(&event_);
    }
}

// What comes after the answer, such as post_action, must not find the emptied body.
void DoorCall::end(Outcome outcome) {
    if (stage_ == Stage::working) {
        dropBody(r_);
    }
    onEnd();
    record(outcome);
}

void DoorCall::record(Outcome outcome) {
    clearEvent();
    room_.reset();
    stage_ = Stage::answered;
    outcome_ = outcome;
    countUpload(door_.dialect, outcome);
}

ngx_int_t DoorCall::sendError(const UploadError& error, bool isSentToStore) {
    end(error.outcome);
    return sendUploadError(r_, door_, error, isSentToStore);
}

// curl sends a long body only after "100 Continue": after this it never does.
ngx_int_t DoorCall::refuseBeforeBody(const UploadError& error) {
    r_->expect_tested = 1;
    dropBody(r_);
    return sendError(error, false);
}

void DoorCall::finish(ngx_int_t rc) {
    ngx_connection_t* connection = r_->connection;
    ngx_http_finalize_request(r_, rc);
    ngx_http_run_posted_requests(connection);
}

// ------------------------------------------------------------------ the body

// An error_page would lead the request elsewhere, while NGINX's reading of its body still refers to
// this call.
ngx_int_t DoorCall::readBody() {
    stage_ = Stage::reading;
    r_->error_page = 1;
    ngx_add_timer(&event_, door_.timeout);
    const ngx_int_t rc = ngx_http_read_client_request_body(r_, onWholeBody);
    if (rc < NGX_HTTP_SPECIAL_RESPONSE) {
        return NGX_DONE;
    }
    r_->keepalive = 0;  // where the next request begins is not known
    return refuseBeforeBody({Outcome::endedEarly, "The body is malformed or incomplete."});
}

void DoorCall::onForeignAnswer() {
    if (!outcome_) {
        end(Outcome::endedEarly);
    }
}

// After an error NGINX reads no more of the body; the answer is sent from an event, not from within
// its filter.
void DoorCall::feed(std::string_view bytes) {
    if (stage_ != Stage::reading) {
        return;
    }
    bodyBytes_ += bytes.size();
    refusal_ = bodyBytes_ > maxBodyBytes(door_)
                   ? UploadError{Outcome::tooLarge, "The body of the request is too large."}
                   : takeBytes(bytes);
    if (refusal_) {
        stage_ = Stage::refusing;
        ngx_post_event(&event_, &ngx_posted_events);
    }
}

bool DoorCall::endsTurn() {
    constexpr std::size_t bytesPerTurn = 64 << 10;
    if (bodyBytes_ - bytesAtPause_ < bytesPerTurn) {
        return false;
    }
    bytesAtPause_ = bodyBytes_;
    return true;
}

void DoorCall::answerEvent() {
    if (stage_ == Stage::reading) {
        refusal_ = {Outcome::tooSlow, "The request did not arrive in time."};
    }
    ngx_int_t rc = NGX_ERROR;
    try {
        r_->reading_body = 1;
        dropBody(r_);
        rc = sendError(*refusal_, false);
    } catch (...) {
        logException(r_->connection->log, "refusing a call");
    }
    finish(rc);
}

void DoorCall::onEvent(ngx_event_t* event) {
    auto& call = *static_cast<DoorCall*>(event->data);
    ngx_http_set_log_request(call.r_->connection->log, call.r_);
    if (doorCallOf(call.r_) != &call || call.r_->header_sent) {
        call.onForeignAnswer();
        return;
    }
    call.answerEvent();
}

void DoorCall::onWholeBody(ngx_http_request_t* r) {
    DoorCall* found = doorCallOf(r);
    if (found == nullptr) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }
    DoorCall& call = *found;
    if (call.stage_ != Stage::reading) {
        return;
    }
    call.clearEvent();
    call.stage_ = Stage::working;
    try {
        call.judgeBody();
    } catch (...) {
        logException(r->connection->log, "judging a call");
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
    }
}

}  // namespace private_image
