#include "upload/imagekit_api/fields.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "upload/image_name.hpp"

namespace private_image::upload {

namespace {

constexpr std::size_t maxTagsLength = 500;
constexpr std::size_t maxCoordinate = 1'000'000'000;
constexpr std::size_t maxEchoedName = 64;

// Why a field's value is refused; empty: it is valid.
struct Refusal {
    Outcome outcome = Outcome::stored;
    std::string why;
};

Refusal invalid(std::string why) {
    return {Outcome::badField, std::move(why)};
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

std::vector<std::string_view> splitAtCommas(std::string_view list) {
    std::vector<std::string_view> items;
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        items.push_back(trimmed(list.substr(begin, end - begin)));
        begin = end + 1;
    }
    return items;
}

Refusal setFolder(UploadRequest& request, std::string_view value) {
    const auto folder = cleanFolder(value);
    if (!folder) {
        return invalid(
            "must have at most 50 levels, none of them beginning with a dot or longer "
            "than 255 bytes");
    }
    request.folder = *folder;
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
    if (value.size() > maxTagsLength || value.find('%') != value.npos) {
        return invalid("must have at most 500 characters and no %");
    }
    std::vector<std::string> tags;
    for (const std::string_view tag : splitAtCommas(value)) {
        if (!tag.empty()) {
            tags.emplace_back(tag);
        }
    }
    request.tags = std::move(tags);
    return {};
}

Refusal setCoordinates(UploadRequest& request, std::string_view value) {
    const auto numbers = splitAtCommas(value);
    const bool isValid =
        numbers.size() == 4 && std::ranges::all_of(numbers, [](std::string_view number) {
            return parseUnsigned(number, maxCoordinate).has_value();
        });
    if (!isValid) {
        return invalid("must be x,y,width,height in whole pixels");
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
    return value.find("\"pre\"") == value.npos
               ? Refusal{}
               : notServed("asks for a pre-transformation, which is not served here");
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
    {"description",
     [](UploadRequest& request, std::string_view value) {
         request.description = std::string(value);
         return Refusal{};
     }},
    {"isPublished", setPublished},
    {"transformation", setTransformation},
    {"customMetadata", refuseAny},
    {"checks", refuseAny},
    {"extensions", refuseAny},
    {"webhookUrl", refuseAny},
    {"selectedFieldsSchema", refuseAny},
    {"publicKey", ignore},
    {"token", ignore},
    {"expire", ignore},
    {"signature", ignore},
}};

}  // namespace

Result<UploadRequest, UploadError> parseImagekitFields(const std::vector<Field>& fields) {
    UploadRequest request;
    std::unordered_set<std::string_view> seen;
    for (const Field& field : fields) {
        const auto row = std::ranges::find(fieldTable, field.name, &FieldRow::name);
        if (row == fieldTable.end()) {
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
