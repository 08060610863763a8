// The order of checks: route, method, content type, length, credential, room; then the body.
#include "nginx/door/enter_door.hpp"

#include "nginx/door/door.hpp"
#include "nginx/door/upload.hpp"
#include "nginx/host/answer_headers.hpp"
#include "nginx/host/log.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/request/request.hpp"
#include "upload/form.hpp"
#include "upload/imagekit_api/credentials.hpp"
#include "upload/multipart.hpp"

namespace private_image {
namespace {

using upload::Outcome;
using upload::UploadError;

std::string_view pathBelowDoor(ngx_http_request_t* r) {
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(r, ngx_http_core_module));
    std::string_view path = view(r->uri);
    path.remove_prefix(std::min(core->name.len, path.size()));
    path.remove_prefix(path.starts_with('/') ? 1 : 0);
    return path;
}

std::string_view valueOf(const ngx_table_elt_t* header) {
    return header == nullptr ? std::string_view() : view(header->value);
}

std::string limitText(const Door& door) {
    return "The file is larger than the limit of " + std::to_string(door.maxSize) + " bytes.";
}

// A text form of the file needs 4/3 of its bytes; the form has other fields, too.
bool isLengthTooLarge(const ngx_http_request_t* r, const Door& door) {
    const std::size_t max =
        door.maxSize + door.maxSize / 3 + upload::FormReader::maxTextBytes + (64 << 10);
    return r->headers_in.content_length_n > static_cast<off_t>(max);
}

std::optional<upload::UploadVersion> uploadVersion(std::string_view path) {
    if (path == "api/v1/files/upload") {
        return upload::UploadVersion::v1;
    }
    return path == "api/v2/files/upload" ? std::optional(upload::UploadVersion::v2) : std::nullopt;
}

// Uploads whose credential comes in the form hold at most half of the room.
bool hasRoom(const Door& door, upload::CredentialKind credential) {
    return door.uploads < door.maxUploads &&
           (credential == upload::CredentialKind::basic || door.unproven < door.maxUploads / 2);
}

Result<upload::CredentialKind, UploadError> checkCredential(ngx_http_request_t* r,
                                                            const Door& door) {
    const std::string_view authorization = valueOf(r->headers_in.authorization);
    auto kind = upload::chooseCredential(authorization, door.acceptsClients);
    if (!kind || *kind == upload::CredentialKind::client) {
        return kind;
    }
    const auto key = upload::checkBasicKey(authorization, *door.keys);
    if (!key) {
        return Error{key.error()};
    }
    return *kind;
}

Result<upload::ClientRules, UploadError> readClientRules(ngx_http_request_t* r, const Door& door) {
    upload::ClientRules rules = door.clientRules;
    if (door.clientFolder != nullptr) {
        ngx_str_t folder;
        if (ngx_http_complex_value(r, door.clientFolder, &folder) != NGX_OK) {
            return Error{UploadError{Outcome::storeError, "The folder could not be evaluated."}};
        }
        rules.folder = view(folder);
    }
    return rules;
}

Result<UploadCall, UploadError> checkCall(ngx_http_request_t* r, const Door& door) {
    const auto version = uploadVersion(pathBelowDoor(r));
    if (!version) {
        return Error{UploadError{Outcome::notServed, "This call is not served here."}};
    }
    if (r->method != NGX_HTTP_POST) {
        addHeader(r, "Allow", "POST, OPTIONS");
        return Error{UploadError{Outcome::notServed, "Only POST is served for this path."}};
    }
    auto boundary = upload::boundaryOf(valueOf(r->headers_in.content_type));
    if (!boundary) {
        return Error{UploadError{Outcome::badField,
                                 "The request must be multipart/form-data with a boundary."}};
    }
    if (isLengthTooLarge(r, door)) {
        return Error{UploadError{Outcome::tooLarge, limitText(door)}};
    }
    const auto credential = checkCredential(r, door);
    if (!credential) {
        return Error{credential.error()};
    }
    if (!hasRoom(door, *credential)) {
        return Error{UploadError{Outcome::busy, "Too many uploads at once, retry later."}};
    }
    auto rules = readClientRules(r, door);
    if (!rules) {
        return Error{rules.error()};
    }
    return UploadCall{*version, *credential, std::move(*boundary), std::move(*rules)};
}

// ------------------------------------------------------------------ pages of other origins

// Browsers ask first whether a page of another origin may upload.
ngx_int_t answerPreflight(ngx_http_request_t* r) {
    addHeader(r, "Access-Control-Allow-Methods", "POST, OPTIONS");
    addHeader(r, "Access-Control-Allow-Headers", "*");
    addHeader(r, "Access-Control-Max-Age", "86400");
    r->headers_out.status = NGX_HTTP_NO_CONTENT;
    r->header_only = 1;
    dropBody(r);
    return ngx_http_send_header(r);
}

// Any page may read the answer to a credential in a form. One to the private key is for no page.
void allowOtherOrigins(ngx_http_request_t* r) {
    addHeader(r, "Access-Control-Allow-Origin", "*");
    addHeader(r, "Access-Control-Expose-Headers", "x-ik-requestId, x-request-id");
}

ngx_int_t answerDoor(ngx_http_request_t* r) {
    Door& door = *doorOf(r);
    if (door.acceptsClients && r->headers_in.authorization == nullptr) {
        allowOtherOrigins(r);
        if (r->method == NGX_HTTP_OPTIONS) {
            return answerPreflight(r);
        }
    }
    auto* upload = makeInPool<Upload>(r->pool, r, door);
    ngx_http_set_ctx(r, upload, ngx_http_private_image_door_module);
    const auto call = checkCall(r, door);
    return call ? upload->start(*call) : upload->refuseBeforeBody(call.error());
}

ngx_int_t handleDoor(ngx_http_request_t* r) {
    try {
        return answerDoor(r);
    } catch (...) {
        logException(r->connection->log, "taking an upload");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}

}  // namespace

// A subrequest has its parent's body.
ngx_int_t enterDoor(ngx_http_request_t* r) {
    if (r != r->main) {
        return NGX_HTTP_FORBIDDEN;
    }
    r->content_handler = handleDoor;
    return NGX_OK;
}

}  // namespace private_image
