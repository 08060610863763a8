// The order of checks, of an upload: route, content type, length, credential, room; then the body.
// Of the other calls: credential, length, route; then the body.
#include "nginx/door/enter_door.hpp"

#include <memory>

#include "base/ascii.hpp"
#include "nginx/door/door.hpp"
#include "nginx/door/file_call.hpp"
#include "nginx/door/image_call.hpp"
#include "nginx/door/upload.hpp"
#include "nginx/host/answer_headers.hpp"
#include "nginx/host/log.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/host/request_target.hpp"
#include "nginx/request/request.hpp"
#include "upload/cloudflare_api/credentials.hpp"
#include "upload/cloudflare_api/one_time_url.hpp"
#include "upload/cloudflare_api/routes.hpp"
#include "upload/form.hpp"
#include "upload/imagekit_api/credentials.hpp"
#include "upload/imagekit_api/management.hpp"
#include "upload/multipart.hpp"

namespace private_image {
namespace {

using upload::ImagekitCall;
using upload::Outcome;
using upload::UploadError;

std::string_view valueOf(const ngx_table_elt_t* header) {
    return header == nullptr ? std::string_view() : view(header->value);
}

std::string limitText(const Door& door) {
    return "The file is larger than the limit of " + std::to_string(door.maxSize) + " bytes.";
}

bool isLengthTooLarge(const ngx_http_request_t* r, const Door& door) {
    return r->headers_in.content_length_n > static_cast<off_t>(maxBodyBytes(door));
}

// Uploads whose credential comes in the form hold at most half of the room.
bool hasRoom(const Door& door, bool isProven) {
    return door.uploads < door.maxUploads && (isProven || door.unproven < door.maxUploads / 2);
}

struct CheckedUpload {
    std::unique_ptr<UploadApi> api;
    std::string boundary;
};

// The checks of every upload, with the service's own credential among them.
template <typename CheckCredential>
Result<CheckedUpload, UploadError> checkUpload(ngx_http_request_t* r, const Door& door,
                                               CheckCredential checkCredential) {
    auto boundary = upload::boundaryOf(valueOf(r->headers_in.content_type));
    if (!boundary) {
        return Error{UploadError{Outcome::badField,
                                 "The request must be multipart/form-data with a boundary."}};
    }
    if (isLengthTooLarge(r, door)) {
        return Error{UploadError{Outcome::tooLarge, limitText(door)}};
    }
    Result<std::unique_ptr<UploadApi>, UploadError> api = checkCredential();
    if (!api) {
        return Error{api.error()};
    }
    if (!hasRoom(door, (*api)->isProven())) {
        return Error{UploadError{Outcome::busy, "Too many uploads at once, retry later."}};
    }
    return CheckedUpload{std::move(*api), std::move(*boundary)};
}

template <typename CheckCredential>
ngx_int_t startUpload(ngx_http_request_t* r, Door& door, CheckCredential checkCredential) {
    auto& upload = makeDoorCall<Upload>(r, door);
    auto checked = checkUpload(r, door, checkCredential);
    return checked ? upload.start(std::move(checked->api), checked->boundary)
                   : upload.refuseBeforeBody(checked.error());
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

// ------------------------------------------------------------------ ImageKit's API

// Null where the credential comes in the form.
Result<const upload::UploadKey*, UploadError> checkCredential(ngx_http_request_t* r,
                                                              const Door& door) {
    const std::string_view authorization = valueOf(r->headers_in.authorization);
    const auto kind = upload::chooseCredential(authorization, door.acceptsClients);
    if (!kind) {
        return Error{kind.error()};
    }
    return *kind == upload::CredentialKind::client
               ? Result<const upload::UploadKey*, UploadError>(nullptr)
               : upload::checkBasicKey(authorization, *door.keys);
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

Result<std::unique_ptr<UploadApi>, UploadError> checkImagekitUpload(ngx_http_request_t* r,
                                                                    const Door& door,
                                                                    upload::UploadVersion version) {
    const auto key = checkCredential(r, door);
    if (!key) {
        return Error{key.error()};
    }
    auto rules = readClientRules(r, door);
    if (!rules) {
        return Error{rules.error()};
    }
    return std::unique_ptr<UploadApi>(
        std::make_unique<ImagekitUpload>(door, version, *key, std::move(*rules)));
}

ngx_int_t startImagekitUpload(ngx_http_request_t* r, Door& door, upload::UploadVersion version) {
    return startUpload(r, door, [&] { return checkImagekitUpload(r, door, version); });
}

// By the target as the client sent it: ids and paths are not what NGINX makes of them.
Result<upload::ImagekitRoute, UploadError> routeOf(ngx_http_request_t* r) {
    const auto target = targetBelowLocation(r);
    if (!target) {
        return Error{UploadError{Outcome::notFound, "There is no call with this path."}};
    }
    return upload::parseImagekitRoute(view(r->method_name), *target);
}

// Without the key a client does not even learn which calls there are.
std::optional<UploadError> checkFileCall(ngx_http_request_t* r, const Door& door) {
    const auto key = upload::checkBasicKey(valueOf(r->headers_in.authorization), *door.keys);
    if (!key) {
        return key.error();
    }
    if (r->headers_in.content_length_n > static_cast<off_t>(maxFileCallBytes)) {
        return UploadError{Outcome::tooLarge, "The body is larger than the limit of " +
                                                  std::to_string(maxFileCallBytes) + " bytes."};
    }
    return std::nullopt;
}

ngx_int_t startFileCall(ngx_http_request_t* r, Door& door,
                        const Result<upload::ImagekitRoute, UploadError>& route) {
    auto& call = makeDoorCall<FileCall>(r, door);
    if (const auto error = checkFileCall(r, door)) {
        return call.refuseBeforeBody(*error);
    }
    return route ? call.start(*route) : call.refuseBeforeBody(route.error());
}

ngx_int_t answerImagekit(ngx_http_request_t* r, Door& door) {
    if (door.acceptsClients && r->headers_in.authorization == nullptr) {
        allowOtherOrigins(r);
        if (r->method == NGX_HTTP_OPTIONS) {
            return answerPreflight(r);
        }
    }
    const auto route = routeOf(r);
    if (route && route->call == ImagekitCall::uploadV1) {
        return startImagekitUpload(r, door, upload::UploadVersion::v1);
    }
    if (route && route->call == ImagekitCall::uploadV2) {
        return startImagekitUpload(r, door, upload::UploadVersion::v2);
    }
    return startFileCall(r, door, route);
}

// ------------------------------------------------------------------ Cloudflare's API

// NGINX has no field for the header.
std::string_view authKeyOf(ngx_http_request_t* r) {
    std::string_view found;
    forEach<ngx_table_elt_t>(r->headers_in.headers, [&](const ngx_table_elt_t& header) {
        if (equalsIgnoringCase(view(header.key), "x-auth-key")) {
            found = view(header.value);
        }
        return found.empty();
    });
    return found;
}

Result<const upload::UploadKey*, UploadError> checkToken(ngx_http_request_t* r, const Door& door,
                                                         std::string_view account) {
    return upload::checkCloudflareKey({valueOf(r->headers_in.authorization), authKeyOf(r)}, account,
                                      *door.keys);
}

// The URL is the credential: any page may use it.
ngx_int_t startCreatorUpload(ngx_http_request_t* r, Door& door) {
    allowOtherOrigins(r);
    if (r->method == NGX_HTTP_OPTIONS) {
        return answerPreflight(r);
    }
    return startUpload(r, door, [&]() -> Result<std::unique_ptr<UploadApi>, UploadError> {
        auto granted = upload::verifyOneTimeTarget(
            view(r->unparsed_uri), {door.location, door.gateUrl}, *door.keys, ngx_time());
        if (!granted) {
            return Error{granted.error()};
        }
        return std::unique_ptr<UploadApi>(
            std::make_unique<CloudflareUpload>(door, std::move(*granted)));
    });
}

ngx_int_t startImageCall(ngx_http_request_t* r, Door& door, const upload::CloudflareRoute& route) {
    auto& call = makeDoorCall<ImageCall>(r, door);
    const auto key = checkToken(r, door, route.account);
    if (!key) {
        return call.refuseBeforeBody(key.error());
    }
    if (r->headers_in.content_length_n > static_cast<off_t>(maxImageCallBytes)) {
        return call.refuseBeforeBody({Outcome::tooLarge, "Request entity is too large"});
    }
    return call.start(route, **key);
}

// An error about a call of the API is for those who may use it.
ngx_int_t refuseRoute(ngx_http_request_t* r, Door& door, const upload::RouteError& error) {
    auto& call = makeDoorCall<ImageCall>(r, door);
    if (!error.account.empty()) {
        if (const auto key = checkToken(r, door, error.account); !key) {
            return call.refuseBeforeBody(key.error());
        }
    }
    return call.refuseBeforeBody(error.error);
}

ngx_int_t answerCloudflare(ngx_http_request_t* r, Door& door) {
    const auto target = targetBelowLocation(r);
    const bool isPreflight =
        r->method == NGX_HTTP_OPTIONS && target && target->starts_with("upload/");
    const auto route = upload::parseCloudflareRoute(
        isPreflight ? std::string_view("POST") : view(r->method_name), target.value_or(""));
    if (!route) {
        return refuseRoute(r, door, route.error());
    }
    if (route->call == upload::CloudflareCall::creatorUpload) {
        return startCreatorUpload(r, door);
    }
    if (route->call != upload::CloudflareCall::upload) {
        return startImageCall(r, door, *route);
    }
    return startUpload(r, door, [&]() -> Result<std::unique_ptr<UploadApi>, UploadError> {
        const auto key = checkToken(r, door, route->account);
        if (!key) {
            return Error{key.error()};
        }
        return std::unique_ptr<UploadApi>(std::make_unique<CloudflareUpload>(door, **key));
    });
}

ngx_int_t answerDoor(ngx_http_request_t* r) {
    Door& door = *doorOf(r);
    return door.dialect == Dialect::cloudflare ? answerCloudflare(r, door)
                                               : answerImagekit(r, door);
}

ngx_int_t handleDoor(ngx_http_request_t* r) {
    try {
        return answerDoor(r);
    } catch (...) {
        logException(r->connection->log, "entering a door");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}

}  // namespace

// Refuses subrequests: they would read their parent's body.
ngx_int_t enterDoor(ngx_http_request_t* r) {
    if (r != r->main) {
        return NGX_HTTP_FORBIDDEN;
    }
    r->content_handler = handleDoor;
    return NGX_OK;
}

}  // namespace private_image
