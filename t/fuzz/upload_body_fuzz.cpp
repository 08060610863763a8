// Bodies of calls other than uploads, as JSON and as forms; details as they are stored.
#include "fuzzing.hpp"
#include "upload/cloudflare_api/field_object.hpp"
#include "upload/cloudflare_api/fields.hpp"
#include "upload/cloudflare_api/image_id.hpp"
#include "upload/image_details.hpp"
#include "upload/image_name.hpp"
#include "upload/imagekit_api/management.hpp"
#include "upload/strict_json.hpp"

namespace {

using namespace private_image::fuzzing;
using namespace private_image::upload;

constexpr std::int64_t now = 1'796'000'000;

void tryJson(std::string_view body) {
    const auto json = parseJsonObject(body);
    require(bool(json) || !json.error().empty(), "a refusal says why");
    if (json) {
        const auto again = parseJsonObject(textOf(*json));
        require(again && *again == *json, "what was read is written and read alike", body);
    }
    require(isUtf8(textOf(json ? *json : Json(std::string(body)))), "JSON is UTF-8");
}

void tryDetails(std::string_view body) {
    const auto details = parseDetails(body);
    const auto text = details ? toJson(*details) : private_image::Error{UploadError{}};
    if (text) {
        require(text->size() <= maxDetailsBytes, "details are bounded");
        require(parseDetails(*text) == details, "details are read as they were written", *text);
    }
}

void tryImagekit(std::string_view body) {
    if (const auto edit = parseImagekitEdit(body)) {
        ImageDetails details;
        apply(*edit, details);
        apply(*edit, details);
    }
    if (const auto batch = parseFileBatch(body)) {
        require(batch->files.size() + batch->missing.size() <= maxBatchFiles, "files are bounded");
        for (const NamedFile& file : batch->files) {
            require(storedPathError(file.path).empty(), "paths are valid", file.path);
        }
    }
    if (const auto path = parsePurge(body, "https://img.example/img/")) {
        require(storedPathError(*path).empty(), "a purged path is valid", *path);
    }
}

void requireValid(const UploadRequest& request) {
    require(isUuid(request.name) || customIdError(request.name).empty(), "ids are valid",
            request.name);
    require(storedPathError("/" + request.name).empty(), "an id is a path", request.name);
    require(request.metadata.size() <= maxMetadataBytes, "metadata is bounded");
    require(bool(parseJsonObject(request.metadata)), "metadata is an object", request.metadata);
    require(!request.mayOverwrite, "no image is replaced");
}

void tryCloudflare(std::string_view body) {
    for (const bool allowsPrivateIds : {false, true}) {
        if (const auto upload = parseDirectUpload(objectOfBody(body), now, allowsPrivateIds)) {
            requireValid(upload->request);
            require(upload->expires > now && upload->expires < now + 7 * 3600, "expiry is bounded");
            require(allowsPrivateIds || !upload->request.isPrivate || isUuid(upload->request.name),
                    "a custom id is public", upload->request.name);
        }
    }
    if (const auto edit = parseCloudflareEdit(objectOfBody(body))) {
        require(!edit->metadata || bool(parseJsonObject(*edit->metadata)), "metadata is an object");
    }
}

// Lines "name=value" as the fields of a form.
void tryForm(std::string_view body) {
    std::vector<Field> fields;
    while (!body.empty() && fields.size() < 64) {
        const std::string_view line = takeLine(body);
        const std::size_t equals = std::min(line.find('='), line.size());
        fields.push_back({std::string(line.substr(0, equals)), std::string(line.substr(equals))});
    }
    if (const auto object = objectOfForm(fields)) {
        require(bool(parseJsonObject(textOf(*object))), "a form makes an object");
    }
    if (const auto request = parseCloudflareUpload(fields, true, true)) {
        requireValid(*request);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body = textOf(data, size);
    tryJson(body);
    tryDetails(body);
    tryImagekit(body);
    tryCloudflare(body);
    tryForm(body);
    return 0;
}
