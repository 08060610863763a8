// One-time upload URLs. An input that begins with a slash is a target to judge. Of any other the
// first line is an id, the second a creator, the third metadata of a target that is made and
// judged; the rest changes up to four bytes of it.
#include "fuzzing.hpp"
#include "upload/cloudflare_api/one_time_url.hpp"
#include "upload/image_name.hpp"
#include "upload/strict_json.hpp"

namespace {

using namespace private_image;
using namespace private_image::fuzzing;
using namespace private_image::upload;

constexpr std::int64_t now = 1'796'000'000;
const OneTimeScope scope{"/v4/", "https://img.example/hash/"};

const std::vector<UploadKey>& keys() {
    static const std::vector<UploadKey> all = [] {
        std::vector<UploadKey> made;
        made.push_back({{Secret("token_0123456789"), "a.token"}, {}, "acct"});
        return made;
    }();
    return all;
}

// Only what was made is accepted, whatever it is.
void judge(std::string_view target, std::string_view made = {}) {
    require(target == made || !verifyOneTimeTarget(target, scope, keys(), now),
            "an accepted target is one that was made", target);
}

void makeAndJudge(std::string_view input) {
    DirectUpload upload;
    upload.request.name = takeLine(input);
    upload.request.isPrivate = input.size() % 2 == 0;
    upload.request.creator = takeLine(input);
    const std::string metadata(takeLine(input));
    if (!storedPathError("/" + upload.request.name).empty() || !isUtf8(*upload.request.creator) ||
        !parseJsonObject(metadata)) {
        return;
    }
    upload.request.metadata = metadata;
    upload.expires = now + 1;
    const std::string target = makeOneTimeTarget(upload, scope, keys().front());
    require(isPrintable(target), "a target is printable", target);
    const auto result = verifyOneTimeTarget(target, scope, keys(), now);
    require(bool(result), "what was made is accepted", target);
    const UploadRequest& request = result->upload.request;
    require(request.name == upload.request.name && request.creator == upload.request.creator &&
                request.metadata == metadata && request.isPrivate == upload.request.isPrivate,
            "a target carries what it was made for", target);
    std::string changed = target;
    for (const char c : input.substr(0, 4)) {
        changed[static_cast<unsigned char>(c) % changed.size()] = c;
    }
    judge(changed, target);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = textOf(data, size);
    input.starts_with('/') ? judge(input) : makeAndJudge(input);
    return 0;
}
