#include "upload/imagekit_api/fields.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <unordered_set>

#include "upload/image_name.hpp"
#include "upload/imagekit_api/field_values.hpp"
#include "upload/strict_json.hpp"

namespace private_image::upload {

namespace {

constexpr std::size_t maxEchoedName = 64;

// Why a field's value is refused; empty: it is valid.
struct Refusal {
    Outcome outcome = Outcome::stored;
    std::string why;
};

Refusal invalid(std::string_view why) {
    return {Outcome::badField, std::string(why)};
}

Refusal notServed(std::string why) {
    return {Outcome::notServed, std::move(why)};
}

// "true" and "false" exactly: a misspelt isPrivateFile must not publish.
Refusal setBoolean(bool& target, std::string_view value) {
    if (value != "true" && value != "false") {
        return invalid("must be true or false");
    }
    target = value == "true";
    return {};
}

Refusal setFolder(UploadRequest& request, std::string_view value) {
    const auto folder = cleanFolder(value);
    if (!folder) {
        return invalid(
            "must have at most 50 levels, none of them beginning with a dot or longer "
            "than 255 bytes");
    }
    request.folder = *folder;
    request.hasFolder = true;
    return {};
}

Refusal setName(UploadRequest& request, std::string_view value) {
    const auto name = cleanFileName(value);
    if (!name) {
        return invalid("must be UTF-8, not begin with a dot and have at most 255 bytes");
    }
    request.name = *name;
    return {};
}

Refusal setTags(UploadRequest& request, std::string_view value) {
    std::vector<std::string> tags;
    for (const std::string_view tag : splitAtCommas(value)) {
        if (!tag.empty()) {
            tags.emplace_back(tag);
        }
    }
    if (value.size() > maxTagsBytes || !areTags(tags)) {
        return invalid(tagsAdvice);
    }
    request.tags = std::move(tags);
    return {};
}

Refusal setDescription(UploadRequest& request, std::string_view value) {
    if (!isUtf8(value)) {
        return invalid("must be UTF-8");
    }
    request.description = std::string(value);
    return {};
}

Refusal setCoordinates(UploadRequest& request, std::string_view value) {
    if (!areCoordinates(value)) {
        return invalid(coordinatesAdvice);
    }
    request.customCoordinates = std::string(value);
    return {};
}

// Names that are unknown here ask for members that the answer does not have.
Refusal setResponseFields(UploadRequest& request, std::string_view value) {
    for (const std::string_view name : splitAtCommas(value)) {
        request.showsPrivate |= name == "isPrivateFile";
        request.showsPublished |= name == "isPublished";
        request.showsTags |= name == "tags";
        request.showsCoordinates |= name == "customCoordinates";
    }
    return {};
}

// A step before storing would change the bytes; steps after it only fill the service's cache.
Refusal setTransformation(UploadRequest&, std::string_view value) {
    const auto steps = parseJsonObject(value);
    if (!steps) {
        return invalid(steps.error());
    }
    if (steps->contains("pre")) {
        return notServed("asks for a pre-transformation, which is not served here");
    }
    return steps->size() == steps->count("post") ? Refusal{}
                                                 : invalid("has a member other than pre and post");
}

Refusal setPublished(UploadRequest&, std::string_view value) {
    bool isPublished = true;
    if (Refusal refusal = setBoolean(isPublished, value); !refusal.why.empty()) {
        return refusal;
    }
    return isPublished ? Refusal{} : notServed("asks for a draft, which is not served here");
}

// The credentials of browsers, beside which the private key decides.
Refusal ignore(UploadRequest&, std::string_view) {
    return {};
}

Refusal checkBoolean(UploadRequest&, std::string_view value) {
    bool ignored = false;
    return setBoolean(ignored, value);
}

Refusal refuseAny(UploadRequest&, std::string_view) {
    return notServed("is not served here");
}

template <bool UploadRequest::*member>
Refusal setFlag(UploadRequest& request, std::string_view value) {
    return setBoolean(request.*member, value);
}

struct FieldRow {
    std::string_view name;
    Refusal (*set)(UploadRequest& request, std::string_view value);
};

constexpr std::array<FieldRow, 23> fieldTable{{
    {"fileName", setName},
    {"useUniqueFileName", setFlag<&UploadRequest::wantsUniqueName>},
    {"folder", setFolder},
    {"isPrivateFile", setFlag<&UploadRequest::isPrivate>},
    {"overwriteFile", setFlag<&UploadRequest::mayOverwrite>},
    {"tags", setTags},
    {"overwriteTags", setFlag<&UploadRequest::overwritesTags>},
    {"overwriteAITags", checkBoolean},
    {"overwriteCustomMetadata", checkBoolean},
    {"responseFields", setResponseFields},
    {"customCoordinates", setCoordinates},
    {"description", setDescription},
    {"isPublished", setPublished},
    {"transformation", setTransformation},
    {"customMetadata", refuseAny},
    {"checks", refuseAny},
    {"extensions", refuseAny},
    {"webhookUrl", refuseAny},
    {"selectedFieldsSchema", refuseAny},
    {"token", ignore},
    {"publicKey", ignore},
    {"expire", ignore},
    {"signature", ignore},
}};

constexpr std::ptrdiff_t fieldsOfV1Only = 3;  // the last ones

}  // namespace

Result<UploadRequest, UploadError> parseImagekitFields(const std::vector<Field>& fields,
                                                       UploadVersion version) {
    const auto end = fieldTable.end() - (version == UploadVersion::v1 ? 0 : fieldsOfV1Only);
    UploadRequest request;
    std::unordered_set<std::string_view> seen;
    for (const Field& field : fields) {
        const auto row = std::find_if(
            fieldTable.begin(), end, [&](const FieldRow& each) { return each.name == field.name; });
        if (row == end) {
            return Error{
                UploadError{Outcome::badField, "Your request contains an unknown parameter: " +
                                                   field.name.substr(0, maxEchoedName) + "."}};
        }
        if (!seen.insert(row->name).second) {
            return Error{UploadError{Outcome::badField, "Your request contains the " + field.name +
                                                            " parameter more than once."}};
        }
        if (const Refusal refusal = row->set(request, field.value); !refusal.why.empty()) {
            return Error{UploadError{refusal.outcome,
                                     "The " + field.name + " parameter " + refusal.why + "."}};
        }
    }
    if (!seen.contains("fileName")) {
        return Error{UploadError{Outcome::badField, "Your request is missing fileName parameter."}};
    }
    if (request.wantsUniqueName && request.name.size() + 1 + uniqueLength > maxNameBytes) {
        return Error{UploadError{Outcome::badField,
                                 "The fileName parameter is too long for a unique name."}};
    }
    return request;
}

}  // namespace private_image::upload
