// Two lines with Cloudflare's option lists, each parsed as in a URL and as in the configuration.
#include "base/encoding.hpp"
#include "dialect/cloudflare/options.hpp"
#include "request_checks.hpp"
#include "spelling/spelling.hpp"

namespace private_image::fuzzing {
namespace {

// Escapes every value, as a variant may. Commas in parentheses belong to a value.
std::string withEscapedValues(std::string_view options) {
    std::string escaped;
    bool isValue = false;
    int depth = 0;
    for (const char c : options) {
        const bool isJoint = c == ',' && depth == 0;
        depth += c == '(' ? 1 : 0;
        depth -= c == ')' && depth > 0 ? 1 : 0;
        const bool staysPlain = isJoint || !isValue || c == '(' || c == ')' || c == ',';
        isValue = !isJoint && (isValue || c == '=');
        if (staysPlain) {
            escaped += c;
        } else {
            appendPercentEncoded(escaped, c);
        }
    }
    return escaped;
}

// Writing the canonical text as an option list and parsing it again must give the same
// transformation.
void requireFixedPoint(const Transform& transform) {
    const std::string text = canonicalText(transform);
    const auto spelled = spelledForCloudflare(text);
    require(bool(spelled), "what is canonical can be spelled", text);
    const auto again = cloudflare::readOptions(*spelled);
    require(bool(again), "what is canonical can be asked", text + '\n' + *spelled);
    requireSame(*again, transform, "what is canonical is read as what it is of");
}

std::optional<Transform> transformOf(std::string_view options) {
    auto read = cloudflare::readOptions(options);
    const std::string escaped = withEscapedValues(options);
    auto variant = cloudflare::readVariantOptions(escaped, {});
    require(bool(read) == bool(variant), "a variant takes what a URL takes", escaped);
    if (!read) {
        requireRefusal(read.error());
        return std::nullopt;
    }
    requireNormal(*read);
    require(read->steps.size() <= 1 && read->watermarks.empty(), "a list is one step", options);
    Transform atNoAddress = *read;
    atNoAddress.redirectsOnError = false;
    requireSame(*variant, atNoAddress, "escapes change no value");
    requireFixedPoint(*read);
    return std::move(*read);
}

}  // namespace
}  // namespace private_image::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace private_image::fuzzing;
    requireOneTextEachOfLines(textOf(data, size), transformOf);
    return 0;
}
