#include "upload/image_details.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "upload/strict_json.hpp"

namespace private_image::upload {

namespace {

template <typename T>
void writeOptional(Json& json, const char* name, const std::optional<T>& value) {
    if (value) {
        json[name] = *value;
    }
}

bool read(const Json& value, std::string& target) {
    if (!value.is_string()) {
        return false;
    }
    target = value.get<std::string>();
    return true;
}

bool read(const Json& value, bool& target) {
    if (!value.is_boolean()) {
        return false;
    }
    target = value.get<bool>();
    return true;
}

bool read(const Json& value, std::int64_t& target) {
    const bool isValid =
        value.is_number_integer() &&
        !(value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX});
    if (isValid) {
        target = value.get<std::int64_t>();
    }
    return isValid;
}

bool read(const Json& value, std::uint32_t& target) {
    std::int64_t number = -1;
    if (!read(value, number) || number < 0 || number > std::int64_t{UINT32_MAX}) {
        return false;
    }
    target = static_cast<std::uint32_t>(number);
    return true;
}

bool read(const Json& value, std::vector<std::string>& target) {
    if (!value.is_array()) {
        return false;
    }
    for (const Json& item : value) {
        if (!read(item, target.emplace_back())) {
            return false;
        }
    }
    return true;
}

template <typename T>
bool read(const Json& value, std::optional<T>& target) {
    return read(value, target.emplace());
}

// False where the member is there and is something else.
template <typename T>
bool readMember(const Json& json, const char* name, T& target) {
    const auto member = json.find(name);
    return member == json.end() || read(*member, target);
}

bool readMetadata(const Json& json, std::string& target) {
    const auto member = json.find("metadata");
    if (member == json.end()) {
        return true;
    }
    target = textOf(*member);
    return member->is_object();
}

}  // namespace

std::string_view mediaTypeOf(const ImageDetails& details) {
    constexpr std::string_view start = "image/";
    const std::string_view type = details.type;
    const bool isImage =
        type.starts_with(start) && std::ranges::all_of(type.substr(start.size()), [](char c) {
            return isLetterOrDigit(c) || c == '+' || c == '-' || c == '.';
        });
    return isImage ? type : std::string_view();
}

ImageDetails imageDetailsOf(const UploadRequest& request) {
    ImageDetails details;
    details.tags = request.tags;
    details.customCoordinates = request.customCoordinates;
    details.description = request.description;
    details.creator = request.creator;
    details.metadata = request.metadata;
    return details;
}

Result<std::string, UploadError> toJson(const ImageDetails& details, std::size_t maxBytes) {
    Json json = {
        {"upload", details.uploadId}, {"uploaded", details.uploadedMs}, {"type", details.type},
        {"width", details.width},     {"height", details.height},
    };
    if (details.changedMs != 0) {
        json["changed"] = details.changedMs;
    }
    if (details.hasAlpha) {
        json["alpha"] = true;
    }
    if (!details.filename.empty()) {
        json["filename"] = details.filename;
    }
    writeOptional(json, "tags", details.tags);
    writeOptional(json, "customCoordinates", details.customCoordinates);
    writeOptional(json, "description", details.description);
    writeOptional(json, "creator", details.creator);
    if (details.metadata != "{}") {
        json["metadata"] = Json::parse(details.metadata);
    }
    std::string text = textOf(json);
    if (text.size() > maxBytes) {
        return Error{
            UploadError{Outcome::badField,
                        "The tags, description, metadata and other texts of the image have " +
                            std::to_string(text.size()) + " bytes of JSON together, at most " +
                            std::to_string(maxBytes) + " are kept."}};
    }
    return text;
}

std::optional<ImageDetails> parseDetails(std::string_view text) {
    const auto json = parseJsonObject(text);
    ImageDetails details;
    const bool isValid =
        json && readMember(*json, "upload", details.uploadId) &&
        readMember(*json, "uploaded", details.uploadedMs) &&
        readMember(*json, "changed", details.changedMs) &&
        readMember(*json, "type", details.type) && readMember(*json, "width", details.width) &&
        readMember(*json, "height", details.height) &&
        readMember(*json, "alpha", details.hasAlpha) &&
        readMember(*json, "filename", details.filename) &&
        readMember(*json, "tags", details.tags) &&
        readMember(*json, "customCoordinates", details.customCoordinates) &&
        readMember(*json, "description", details.description) &&
        readMember(*json, "creator", details.creator) && readMetadata(*json, details.metadata);
    return isValid ? std::optional(std::move(details)) : std::nullopt;
}

}  // namespace private_image::upload
