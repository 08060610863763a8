#include "upload/cloudflare_api/fields.hpp"

#include <algorithm>
#include <array>

#include "base/date_time.hpp"
#include "dialect/parsed_request.hpp"
#include "upload/cloudflare_api/field_object.hpp"
#include "upload/cloudflare_api/image_id.hpp"
#include "upload/image_details.hpp"
#include "upload/strict_json.hpp"

namespace private_image::upload {

namespace {

constexpr std::int64_t defaultLifetime = 30 * 60;  // seconds
constexpr std::int64_t minLifetime = 2 * 60;
constexpr std::int64_t maxLifetime = 6 * 60 * 60;
constexpr std::int64_t clockLeeway = 10;

enum Call : unsigned { uploadCall = 1, directCall = 2, editCall = 4 };

// The members of a request that were given.
struct Members {
    std::optional<std::string> id, metadata, creator;
    std::optional<bool> isPrivate;
    std::optional<std::int64_t> expiry;
    bool hasUrl = false;
};

// Why a value is refused: a clause; empty: it is set.
using Problem = std::string;

const std::string* textIn(const Json& value) {
    return value.is_string() ? &value.get_ref<const std::string&>() : nullptr;
}

Problem setId(Members& members, const Json& value) {
    const std::string* id = textIn(value);
    if (id == nullptr) {
        return "must be a text";
    }
    members.id = *id;
    return Problem(customIdError(*id));
}

// Exactly true or false: a misspelt value must not publish.
Problem setPrivate(Members& members, const Json& value) {
    const bool isTrue = value == true || value == "true";
    if (!isTrue && value != false && value != "false") {
        return "must be true or false";
    }
    members.isPrivate = isTrue;
    return {};
}

Problem setMetadata(Members& members, const Json& value) {
    Json object = value;
    if (const std::string* text = textIn(value)) {
        auto parsed = parseJsonObject(*text);
        if (!parsed) {
            return parsed.error();
        }
        object = *std::move(parsed);
    }
    if (!object.is_object()) {
        return "must be a JSON object";
    }
    members.metadata = textOf(object);
    return members.metadata->size() <= maxMetadataBytes ? Problem()
                                                        : "must have at most 1024 bytes as JSON";
}

Problem setCreator(Members& members, const Json& value) {
    const std::string* creator = textIn(value);
    if (creator == nullptr) {
        return "must be a text";
    }
    members.creator = *creator;
    return {};
}

Problem setExpiry(Members& members, const Json& value) {
    const std::string* text = textIn(value);
    members.expiry = text == nullptr ? std::nullopt : parseDateTime(*text);
    return members.expiry ? Problem() : "must be a time such as 2026-11-30T11:55:52Z";
}

Problem setUrl(Members& members, const Json&) {
    members.hasUrl = true;
    return {};
}

struct MemberRow {
    std::string_view name;
    unsigned calls;
    Problem (*set)(Members& members, const Json& value);
};

constexpr std::array<MemberRow, 6> memberTable{{
    {"id", uploadCall | directCall, setId},
    {"requireSignedURLs", uploadCall | directCall | editCall, setPrivate},
    {"metadata", uploadCall | directCall | editCall, setMetadata},
    {"creator", uploadCall | directCall | editCall, setCreator},
    {"expiry", directCall, setExpiry},
    {"url", uploadCall, setUrl},
}};

Error<UploadError> badField(std::string message, unsigned code = 0) {
    return Error{UploadError{Outcome::badField, std::move(message), code}};
}

Result<Members, UploadError> readMembers(const Result<Json, UploadError>& object, Call call) {
    if (!object) {
        return Error{object.error()};
    }
    Members members;
    for (const auto& [name, value] : object->items()) {
        const auto row = std::ranges::find(memberTable, name, &MemberRow::name);
        if (row == memberTable.end() || (row->calls & call) == 0) {
            return badField("Bad request: unknown field " + inQuotes(name) + ".");
        }
        if (const Problem problem = row->set(members, value); !problem.empty()) {
            return badField("Bad request: the field " + name + " " + problem + ".",
                            row->set == setId ? badIdCode : 0);
        }
    }
    return members;
}

Error<UploadError> privateIdError() {
    return badField("The image contains a custom ID and cannot be set to private.", badIdCode);
}

Result<UploadRequest, UploadError> requestOf(Members members, bool allowsPrivateIds) {
    UploadRequest request;
    request.wantsUniqueName = false;
    request.mayOverwrite = false;
    request.isPrivate = members.isPrivate.value_or(false);
    if (members.id && request.isPrivate && !allowsPrivateIds) {
        return privateIdError();
    }
    request.name = members.id ? *std::move(members.id) : makeUuid();
    request.creator = std::move(members.creator);
    request.metadata = std::move(members.metadata).value_or("{}");
    if (const auto json = toJson(imageDetailsOf(request)); !json) {
        return Error{json.error()};
    }
    return request;
}

}  // namespace

Result<UploadRequest, UploadError> parseCloudflareUpload(const std::vector<Field>& fields,
                                                         bool hasFile, bool allowsPrivateIds) {
    auto members = readMembers(objectOfForm(fields), uploadCall);
    if (!members) {
        return Error{members.error()};
    }
    if (members->hasUrl == hasFile) {
        return badField("Bad request: either file or url is needed.");
    }
    if (members->hasUrl) {
        return Error{UploadError{Outcome::notServed, "The field url is not served here."}};
    }
    return requestOf(*std::move(members), allowsPrivateIds);
}

Result<DirectUpload, UploadError> parseDirectUpload(const Result<Json, UploadError>& object,
                                                    std::int64_t now, bool allowsPrivateIds) {
    auto members = readMembers(object, directCall);
    if (!members) {
        return Error{members.error()};
    }
    const std::int64_t expires = members->expiry.value_or(now + defaultLifetime);
    if (expires < now + minLifetime - clockLeeway || expires > now + maxLifetime + clockLeeway) {
        return badField("Bad request: the field expiry must be 2 minutes to 6 hours ahead.");
    }
    auto request = requestOf(*std::move(members), allowsPrivateIds);
    return request ? Result<DirectUpload, UploadError>(DirectUpload{*std::move(request), expires})
                   : Error{request.error()};
}

Result<CloudflareEdit, UploadError> parseCloudflareEdit(const Result<Json, UploadError>& object) {
    auto members = readMembers(object, editCall);
    if (!members) {
        return Error{members.error()};
    }
    return CloudflareEdit{members->isPrivate, std::move(members->metadata),
                          std::move(members->creator)};
}

Result<std::string, UploadError> idAfterEdit(const std::string& id, bool wasPrivate,
                                             const CloudflareEdit& edit, bool allowsPrivateIds) {
    const bool changesMark = edit.isPrivate.value_or(wasPrivate) != wasPrivate;
    if (!changesMark || allowsPrivateIds) {
        return id;
    }
    return isUuid(id) ? Result<std::string, UploadError>(makeUuid()) : privateIdError();
}

std::optional<UploadError> apply(const CloudflareEdit& edit, bool allowsPrivateIds,
                                 StoredImage& image, ImageDetails& details) {
    const auto id = idAfterEdit(image.path.substr(1), image.isPrivate, edit, allowsPrivateIds);
    if (!id) {
        return id.error();
    }
    image.path = '/' + *id;
    image.isPrivate = edit.isPrivate.value_or(image.isPrivate);
    details.metadata = edit.metadata.value_or(details.metadata);
    if (edit.creator) {
        details.creator = edit.creator;
    }
    return std::nullopt;
}

}  // namespace private_image::upload
