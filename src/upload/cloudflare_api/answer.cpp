#include "upload/cloudflare_api/answer.hpp"

#include "base/date_time.hpp"
#include "base/encoding.hpp"
#include "upload/strict_json.hpp"

namespace private_image::upload {

namespace {

std::string envelopeOf(Json result) {
    return textOf({{"result", std::move(result)},
                   {"result_info", nullptr},
                   {"success", true},
                   {"errors", Json::array()},
                   {"messages", Json::array()}});
}

Json variantUrls(std::string_view id, const Delivery& delivery) {
    const std::string base = std::string(delivery.gateUrl) + percentEncodePath(id) + "/";
    Json urls = Json::array();
    for (const std::string& variant : delivery.variants) {
        urls.push_back(base + variant);
    }
    return urls;
}

Json imageOf(std::string_view id, bool isPrivate, const ImageDetails& details,
             const Delivery& delivery) {
    Json image = {{"id", id}};
    if (!details.filename.empty()) {
        image["filename"] = details.filename;
    }
    image["uploaded"] = isoTime(details.uploadedMs);
    image["requireSignedURLs"] = isPrivate;
    image["variants"] = variantUrls(id, delivery);
    // The documentation has one name, the clients' types the other one.
    image["meta"] = image["metadata"] = Json::parse(details.metadata);
    image["creator"] = details.creator ? Json(*details.creator) : Json();
    return image;
}

}  // namespace

std::string cloudflareImageAnswer(std::string_view id, bool isPrivate, const ImageDetails& details,
                                  const Delivery& delivery) {
    return envelopeOf(imageOf(id, isPrivate, details, delivery));
}

std::string cloudflareDraftAnswer(std::string_view id, bool isPrivate, const ImageDetails& details,
                                  const Delivery& delivery) {
    Json image = imageOf(id, isPrivate, details, delivery);
    image["draft"] = true;
    return envelopeOf(std::move(image));
}

std::string cloudflareUploadUrlAnswer(std::string_view id, std::string_view uploadUrl) {
    return envelopeOf({{"id", id}, {"uploadURL", uploadUrl}});
}

std::string cloudflareEmptyAnswer() {
    return envelopeOf(Json::object());
}

std::string cloudflareErrorAnswer(const UploadError& error) {
    const unsigned code = cloudflareCodeOf(error);
    const std::string message = "ERROR " + std::to_string(code) + ": " + error.message;
    Json errors = Json::array();
    errors.push_back({{"code", code}, {"message", message}});
    return textOf({{"result", nullptr},
                   {"success", false},
                   {"errors", std::move(errors)},
                   {"messages", Json::array()}});
}

}  // namespace private_image::upload
