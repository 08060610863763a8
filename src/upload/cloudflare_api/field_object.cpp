#include "upload/cloudflare_api/field_object.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "base/encoding.hpp"
#include "dialect/parsed_request.hpp"
#include "upload/multipart.hpp"

namespace private_image::upload {

namespace {

constexpr std::string_view metadataName = "metadata";
constexpr std::size_t maxLevels = 8;

using Keys = std::vector<std::string>;

Error<UploadError> badField(std::string message) {
    return Error{UploadError{Outcome::badField, std::move(message)}};
}

// "[a][b][]" as {"a", "b", ""}; empty where it is malformed. Only the last key may be empty.
Keys keysIn(std::string_view brackets) {
    Keys keys;
    while (!brackets.empty()) {
        const std::size_t end = brackets.find(']');
        const bool isValid = brackets.front() == '[' && end != brackets.npos &&
                             keys.size() < maxLevels && (keys.empty() || !keys.back().empty());
        if (!isValid) {
            return {};
        }
        const std::string_view key = brackets.substr(1, end - 1);
        if (key.find('[') != key.npos) {
            return {};
        }
        keys.emplace_back(key);
        brackets.remove_prefix(end + 1);
    }
    return keys;
}

// The keys of the field; one for every name without brackets. Empty where the name is malformed.
Keys keysOf(const std::string& name) {
    if (!name.starts_with("metadata[")) {
        return {name};
    }
    Keys keys = keysIn(std::string_view(name).substr(metadataName.size()));
    if (keys.empty() || keys.front().empty()) {
        return {};
    }
    keys.insert(keys.begin(), std::string(metadataName));
    return keys;
}

// False where something else is in that place. A place is null until it gets a value.
bool put(Json& object, const Keys& keys, const std::string& text) {
    Json* place = &object;
    for (const std::string& key : keys) {
        const bool isItem = key.empty() && keys.size() > 1;
        if (place->is_null()) {
            *place = isItem ? Json::array() : Json::object();
        }
        if (isItem ? !place->is_array() : !place->is_object()) {
            return false;
        }
        place = isItem ? &place->emplace_back() : &(*place)[key];
    }
    if (!place->is_null()) {
        return false;
    }
    *place = text;
    return true;
}

// The fields of a form of URLs; nullopt where an escape is malformed or there are too many.
std::optional<std::vector<Field>> fieldsOfUrlForm(std::string_view body) {
    std::vector<Field> fields;
    for (std::size_t begin = 0; begin <= body.size();) {
        const std::size_t end = std::min(body.find('&', begin), body.size());
        const std::string_view pair = body.substr(begin, end - begin);
        begin = end + 1;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        auto name = formDecode(pair.substr(0, equals));
        auto value = formDecode(pair.substr(std::min(equals + 1, pair.size())));
        if (!name || !value || fields.size() == MultipartParser::maxParts) {
            return std::nullopt;
        }
        fields.push_back({*std::move(name), *std::move(value)});
    }
    return fields;
}

}  // namespace

Result<Json, UploadError> objectOfForm(const std::vector<Field>& fields) {
    Json object = Json::object();
    for (const Field& field : fields) {
        if (!isUtf8(field.name) || !isUtf8(field.value)) {
            return badField("The field " + inQuotes(field.name) + " is not UTF-8.");
        }
        const Keys keys = keysOf(field.name);
        if (keys.empty()) {
            return badField("The name of the field " + inQuotes(field.name) + " is malformed.");
        }
        if (!put(object, keys, field.value)) {
            return badField("The field " + inQuotes(field.name) + " is there more than once.");
        }
    }
    return object;
}

Result<Json, UploadError> objectOfBody(std::string_view body) {
    if (body.empty()) {
        return Json::object();
    }
    if (body.front() == '{') {
        auto object = parseJsonObject(body);
        return object ? Result<Json, UploadError>(*std::move(object))
                      : badField("The body of your request " + object.error() + ".");
    }
    const auto fields = fieldsOfUrlForm(body);
    if (!fields) {
        return badField("The body of your request is neither JSON nor a form.");
    }
    return objectOfForm(*fields);
}

}  // namespace private_image::upload
