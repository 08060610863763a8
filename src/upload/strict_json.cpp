#include "upload/strict_json.hpp"

#include <glib.h>

#include <set>
#include <vector>

namespace private_image::upload {

namespace {

constexpr std::size_t maxEchoedKey = 64;

// Sees the parts of a text in order, and stops at the first one that is refused.
class Checker : public nlohmann::json_sax<Json> {
public:
    bool null() override { return count(); }
    bool boolean(bool) override { return count(); }
    bool number_integer(number_integer_t) override { return count(); }
    bool number_unsigned(number_unsigned_t) override { return count(); }
    bool number_float(number_float_t, const string_t&) override { return count(); }
    bool string(string_t&) override { return count(); }
    bool binary(binary_t&) override { return fail("is not valid JSON"); }
    bool start_object(std::size_t) override { return begin(); }
    bool start_array(std::size_t) override { return begin(); }
    bool end_object() override { return end(); }
    bool end_array() override { return end(); }

    bool key(string_t& name) override {
        return keys_.back().insert(name).second ||
               fail("has the key \"" + name.substr(0, maxEchoedKey) + "\" more than once");
    }

    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
        return fail("is not valid JSON");
    }

    const std::string& problem() const { return problem_; }

private:
    bool count() {
        return ++values_ <= maxJsonValues ||
               fail("has more than " + std::to_string(maxJsonValues) + " values");
    }

    bool begin() {
        if (keys_.size() == maxJsonDepth) {
            return fail("is nested more than " + std::to_string(maxJsonDepth) + " levels deep");
        }
        keys_.emplace_back();
        return count();
    }

    bool end() {
        keys_.pop_back();
        return true;
    }

    bool fail(std::string problem) {
        problem_ = std::move(problem);
        return false;
    }

    std::vector<std::set<std::string>> keys_;  // of the objects and arrays around
    std::size_t values_ = 0;
    std::string problem_;
};

}  // namespace

Result<Json, std::string> parseJsonObject(std::string_view text) {
    if (text.find('\0') != text.npos) {  // nlohmann-json 3.11 takes NUL for the end of the text
        return Error{std::string("is not valid JSON")};
    }
    Checker checker;
    if (!Json::sax_parse(text, &checker)) {
        return Error{checker.problem()};
    }
    Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) {
        return Error{std::string("is not a JSON object")};
    }
    return json;
}

std::string textOf(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool isUtf8(std::string_view text) {
    return g_utf8_validate(text.data(), static_cast<gssize>(text.size()), nullptr) != FALSE;
}

}  // namespace private_image::upload
