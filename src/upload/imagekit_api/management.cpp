#include "upload/imagekit_api/management.hpp"

#include <algorithm>
#include <array>

#include "base/encoding.hpp"
#include "dialect/parsed_request.hpp"
#include "upload/image_name.hpp"
#include "upload/imagekit_api/field_values.hpp"
#include "upload/strict_json.hpp"

namespace private_image::upload {

namespace {

constexpr std::string_view transformationStart = "tr:";

Error<UploadError> badField(std::string message) {
    return Error{UploadError{Outcome::badField, std::move(message)}};
}

Error<UploadError> notServed(std::string message) {
    return Error{UploadError{Outcome::notServed, std::move(message)}};
}

// A call without an id.
struct CallRow {
    std::string_view method, path;
    ImagekitCall call;
};

constexpr std::array<CallRow, 4> callTable{{
    {"POST", "api/v1/files/upload", ImagekitCall::uploadV1},
    {"POST", "api/v2/files/upload", ImagekitCall::uploadV2},
    {"POST", "v1/files/batch/deleteByFileIds", ImagekitCall::removeBatch},
    {"POST", "v1/files/purge", ImagekitCall::purge},
}};

constexpr std::string_view filesPrefix = "v1/files/";
constexpr std::string_view purgePrefix = "v1/files/purge/";
constexpr std::string_view detailsSuffix = "/details";

bool isSegment(std::string_view text) {
    return !text.empty() && text.find('/') == text.npos;
}

struct IdCall {
    ImagekitCall call;
    std::string_view id;
};

// A call with an id, whether the id is valid or not.
std::optional<IdCall> idCallOf(std::string_view method, std::string_view path) {
    if (!path.starts_with(filesPrefix)) {
        return std::nullopt;
    }
    std::string_view id = path.substr(filesPrefix.size());
    if (method == "DELETE" && isSegment(id)) {
        return IdCall{ImagekitCall::remove, id};
    }
    if (!id.ends_with(detailsSuffix)) {
        return std::nullopt;
    }
    id.remove_suffix(detailsSuffix.size());
    if (!isSegment(id) || (method != "GET" && method != "PATCH")) {
        return std::nullopt;
    }
    return IdCall{method == "GET" ? ImagekitCall::details : ImagekitCall::edit, id};
}

bool isPurgeStatus(std::string_view method, std::string_view path) {
    return method == "GET" && path.starts_with(purgePrefix) &&
           isSegment(path.substr(purgePrefix.size()));
}

bool isOfApi(std::string_view path) {
    return path.starts_with("v1/") || path.starts_with("v2/") || path.starts_with("api/");
}

Error<UploadError> bodyError(std::string_view why) {
    return badField("The body of your request " + std::string(why) + ".");
}

Error<UploadError> invalidMember(std::string_view name, std::string_view advice) {
    return badField("The " + std::string(name) + " parameter " + std::string(advice) + ".");
}

// The texts of an array; empty for anything else.
std::optional<std::vector<std::string>> textsOf(const Json& value) {
    if (!value.is_array() ||
        !std::ranges::all_of(value, [](const Json& item) { return item.is_string(); })) {
        return std::nullopt;
    }
    return value.get<std::vector<std::string>>();
}

// Why the member cannot be set; empty: it is set.
using Setting = std::optional<UploadError>;

Setting setTags(ImagekitEdit& edit, const Json& value) {
    if (value.is_null()) {
        edit.tags.emplace();
        return {};
    }
    auto tags = textsOf(value);
    if (!tags || !areTags(*tags)) {
        return invalidMember("tags", tagsAdvice).error;
    }
    edit.tags = std::move(tags);
    return {};
}

Setting setCoordinates(ImagekitEdit& edit, const Json& value) {
    if (value.is_null()) {
        edit.customCoordinates.emplace();
        return {};
    }
    if (!value.is_string() || !areCoordinates(value.get_ref<const std::string&>())) {
        return invalidMember("customCoordinates", coordinatesAdvice).error;
    }
    edit.customCoordinates = value.get<std::string>();
    return {};
}

Setting setDescription(ImagekitEdit& edit, const Json& value) {
    if (!value.is_string()) {
        return invalidMember("description", "must be a text").error;
    }
    edit.description = value.get<std::string>();
    return {};
}

// Every image is published: to say so again changes nothing.
Setting checkPublish(ImagekitEdit&, const Json& value) {
    const bool isValid =
        value.is_object() && value.contains("isPublished") &&
        std::ranges::all_of(value.items(), [](const auto& member) {
            return (member.key() == "isPublished" || member.key() == "includeFileVersions") &&
                   member.value().is_boolean();
        });
    if (!isValid) {
        return invalidMember("publish", "must be an object with isPublished, a boolean").error;
    }
    return value.at("isPublished").get<bool>()
               ? Setting{}
               : notServed("The publish parameter asks for a draft, which is not served here.")
                     .error;
}

struct MemberRow {
    std::string_view name;
    Setting (*set)(ImagekitEdit& edit, const Json& value);  // null: not served
};

constexpr std::array<MemberRow, 8> memberTable{{
    {"tags", setTags},
    {"customCoordinates", setCoordinates},
    {"description", setDescription},
    {"publish", checkPublish},
    {"customMetadata", nullptr},
    {"removeAITags", nullptr},
    {"extensions", nullptr},
    {"webhookUrl", nullptr},
}};

Setting setMember(ImagekitEdit& edit, const std::string& name, const Json& value) {
    const auto row = std::ranges::find(memberTable, name, &MemberRow::name);
    if (row == memberTable.end()) {
        return badField("Your request contains an unknown parameter: " + inQuotes(name) + ".")
            .error;
    }
    if (row->set == nullptr) {
        return notServed("The " + name + " parameter is not served here.").error;
    }
    return row->set(edit, value);
}

// The member, where it is the only one.
const Json* onlyMember(const Json& body, const char* name) {
    const auto member = body.find(name);
    return body.size() == 1 && member != body.end() ? &*member : nullptr;
}

// Below the gate's URL, still escaped: without query, and without a transformation before the path.
std::string_view imagePartOf(std::string_view below) {
    below = below.substr(0, below.find_first_of("?#"));
    if (below.starts_with(transformationStart) && below.find('/') != below.npos) {
        below.remove_prefix(below.find('/') + 1);
    }
    return below;
}

}  // namespace

UploadError noSuchFileError() {
    return {Outcome::notFound, "The requested file does not exist."};
}

std::optional<std::string> pathOfFileId(std::string_view fileId) {
    auto path = base64UrlDecode(fileId);
    return path && storedPathError(*path).empty() ? path : std::nullopt;
}

Result<ImagekitRoute, UploadError> parseImagekitRoute(std::string_view method,
                                                      std::string_view target) {
    const std::string_view path = target.substr(0, target.find('?'));
    for (const CallRow& row : callTable) {
        if (row.method == method && row.path == path) {
            return ImagekitRoute{row.call, {}};
        }
    }
    if (isPurgeStatus(method, path)) {
        return ImagekitRoute{ImagekitCall::purgeStatus, {}};
    }
    if (const auto call = idCallOf(method, path)) {
        auto image = pathOfFileId(call->id);
        if (!image) {
            return Error{noSuchFileError()};
        }
        return ImagekitRoute{call->call, *std::move(image)};
    }
    const std::string name = inQuotes(std::string(method) + " /" + std::string(path));
    if (!isOfApi(path)) {
        return Error{UploadError{Outcome::notFound, "There is no call " + name + "."}};
    }
    return notServed("The call " + name + " is not served here.");
}

Result<ImagekitEdit, UploadError> parseImagekitEdit(std::string_view body) {
    const auto json = parseJsonObject(body);
    if (!json) {
        return bodyError(json.error());
    }
    ImagekitEdit edit;
    for (const auto& [name, value] : json->items()) {
        if (auto error = setMember(edit, name, value)) {
            return Error{*std::move(error)};
        }
    }
    return edit;
}

void apply(const ImagekitEdit& edit, ImageDetails& details) {
    if (edit.tags) {
        details.tags = *edit.tags;
    }
    if (edit.customCoordinates) {
        details.customCoordinates = *edit.customCoordinates;
    }
    if (edit.description) {
        details.description = *edit.description;
    }
}

Result<FileBatch, UploadError> parseFileBatch(std::string_view body) {
    const auto json = parseJsonObject(body);
    if (!json) {
        return bodyError(json.error());
    }
    const Json* member = onlyMember(*json, "fileIds");
    const auto ids = member == nullptr ? std::nullopt : textsOf(*member);
    if (!ids || ids->empty() || ids->size() > maxBatchFiles) {
        return bodyError("must be {\"fileIds\": [...]} with 1 to 100 ids");
    }
    FileBatch batch;
    for (const std::string& id : *ids) {
        auto path = pathOfFileId(id);
        if (!path) {
            batch.missing.push_back(id);
        } else if (std::ranges::find(batch.files, id, &NamedFile::fileId) == batch.files.end()) {
            batch.files.push_back({id, *std::move(path)});
        }
    }
    return batch;
}

Result<std::string, UploadError> parsePurge(std::string_view body, std::string_view gateUrl) {
    const auto json = parseJsonObject(body);
    if (!json) {
        return bodyError(json.error());
    }
    const Json* member = onlyMember(*json, "url");
    if (member == nullptr || !member->is_string()) {
        return bodyError("must be {\"url\": \"...\"}");
    }
    const std::string_view url = member->get_ref<const std::string&>();
    if (!url.starts_with(gateUrl)) {
        return invalidMember("url", "must begin with " + std::string(gateUrl));
    }
    if (url.ends_with('*')) {
        return notServed("The url parameter has a wildcard, which is not served here.");
    }
    const auto image = percentDecode(imagePartOf(url.substr(gateUrl.size())));
    if (!image || !storedPathError("/" + *image).empty()) {
        return invalidMember("url", "is no URL of an image");
    }
    return "/" + *image;
}

}  // namespace private_image::upload
