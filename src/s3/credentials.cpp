// Reads the lines in one pass. Lines of other profiles are only checked for their syntax.
#include "s3/credentials.hpp"

#include <algorithm>
#include <optional>

#include "base/ascii.hpp"

namespace private_image {
namespace {

using Kind = CredentialsProblem::Kind;

constexpr std::size_t maxKeyIdLength = 256;
constexpr std::size_t maxSecretLength = 1024;
constexpr std::size_t maxTokenLength = 8192;

constexpr std::string_view blanks = " \t\r";

bool isBlank(char c) {
    return blanks.find(c) != blanks.npos;
}

// A comment after a value needs a blank before its "#" or ";", because secrets may contain these.
std::string_view withoutComment(std::string_view value) {
    for (std::size_t i = 1; i < value.size(); ++i) {
        if (isBlank(value[i - 1]) && (value[i] == '#' || value[i] == ';')) {
            return trimmed(value.substr(0, i), blanks);
        }
    }
    return value;
}

// Values are sent in headers, or sign them: visible ASCII, without quoting.
bool isValue(std::string_view text, std::size_t maxLength) {
    return !text.empty() && text.size() <= maxLength &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

// "/" and "," are separators after it in the Authorization header.
bool isKeyId(std::string_view text) {
    return isValue(text, maxKeyIdLength) && text.find_first_of("/,") == std::string_view::npos;
}

class Reader {
public:
    explicit Reader(std::string_view profile) : profile_(profile) {}

    std::optional<CredentialsProblem> readLine(std::string_view line) {
        ++line_;
        line = trimmed(line, blanks);
        if (line.empty() || line.front() == '#' || line.front() == ';') {
            return std::nullopt;
        }
        return line.front() == '[' ? readHeading(withoutComment(line)) : readSetting(line);
    }

    Result<Credentials, CredentialsProblem> finish() {
        if (profileLine_ == 0) {
            return Error{CredentialsProblem{Kind::noProfile, 0}};
        }
        if (found_.accessKeyId.empty()) {
            return Error{CredentialsProblem{Kind::noAccessKeyId, profileLine_}};
        }
        if (found_.secretAccessKey.bytes().empty()) {
            return Error{CredentialsProblem{Kind::noSecretAccessKey, profileLine_}};
        }
        return std::move(found_);
    }

private:
    std::optional<CredentialsProblem> problem(Kind kind) const {
        return CredentialsProblem{kind, line_};
    }

    std::optional<CredentialsProblem> readHeading(std::string_view line) {
        if (line.back() != ']') {
            return problem(Kind::notASetting);
        }
        std::string_view name = trimmed(line.substr(1, line.size() - 2), blanks);
        if (name.starts_with("profile ") || name.starts_with("profile\t")) {
            name = trimmed(name.substr(8), blanks);
        }
        hasHeading_ = true;
        isWanted_ = name == profile_;
        if (isWanted_ && profileLine_ != 0) {
            return problem(Kind::duplicateProfile);
        }
        profileLine_ = isWanted_ ? line_ : profileLine_;
        return std::nullopt;
    }

    std::optional<CredentialsProblem> readSetting(std::string_view line) {
        const std::size_t sign = line.find('=');
        if (sign == std::string_view::npos || sign == 0) {
            return problem(Kind::notASetting);
        }
        if (!hasHeading_) {
            return problem(Kind::outsideProfile);
        }
        return isWanted_ ? keep(trimmed(line.substr(0, sign), blanks),
                                withoutComment(trimmed(line.substr(sign + 1), blanks)))
                         : std::nullopt;
    }

    std::optional<CredentialsProblem> keep(std::string_view name, std::string_view value) {
        if (equalsIgnoringCase(name, "aws_access_key_id")) {
            const bool isNew = found_.accessKeyId.empty();
            found_.accessKeyId = value;
            return verdict(isNew, isKeyId(value));
        }
        if (equalsIgnoringCase(name, "aws_secret_access_key")) {
            return keepSecret(found_.secretAccessKey, value, maxSecretLength);
        }
        // Some tools write an empty token if there is no token.
        if (equalsIgnoringCase(name, "aws_session_token") && !value.empty()) {
            return keepSecret(found_.sessionToken, value, maxTokenLength);
        }
        return std::nullopt;
    }

    std::optional<CredentialsProblem> keepSecret(Secret& secret, std::string_view value,
                                                 std::size_t maxLength) {
        const bool isNew = secret.bytes().empty();
        secret = Secret(std::string(value));
        return verdict(isNew, isValue(value, maxLength));
    }

    std::optional<CredentialsProblem> verdict(bool isNew, bool isGood) const {
        if (!isNew) {
            return problem(Kind::duplicateSetting);
        }
        return isGood ? std::nullopt : problem(Kind::badValue);
    }

    std::string_view profile_;
    Credentials found_;
    std::size_t line_ = 0, profileLine_ = 0;
    bool hasHeading_ = false, isWanted_ = false;
};

std::string textOf(CredentialsProblem::Kind kind, const std::string& profile) {
    using Kind = CredentialsProblem::Kind;
    switch (kind) {
        case Kind::notASetting:
            return "is neither [PROFILE] nor NAME = VALUE, write it so or put # before it";
        case Kind::outsideProfile:
            return "is above the first profile, write [" + profile + "] before it";
        case Kind::duplicateProfile:
            return "begins profile [" + profile + "] a second time, write it once";
        case Kind::duplicateSetting:
            return "sets the same a second time, write it once";
        case Kind::badValue:
            return "has a value that is empty, too long, or has blanks or other characters that "
                   "cannot be part of it, write it as it was issued";
        case Kind::noProfile:
            return "has no profile [" + profile + "], write profile=NAME for one that it has";
        case Kind::noAccessKeyId:
            return "begins profile [" + profile +
                   "] without an access key, write aws_access_key_id = ... below it";
        case Kind::noSecretAccessKey:
            return "begins profile [" + profile +
                   "] without a secret key, write aws_secret_access_key = ... below it";
    }
    return {};
}

}  // namespace

Result<Credentials, CredentialsProblem> parseCredentials(std::string_view text,
                                                         std::string_view profile) {
    Reader reader(profile);
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (const auto problem = reader.readLine(text.substr(0, end))) {
            return Error{*problem};
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return reader.finish();
}

std::string problemText(const CredentialsProblem& problem, std::string_view profile) {
    const std::string place =
        problem.line == 0 ? "" : "is invalid: line " + std::to_string(problem.line) + ' ';
    return place + textOf(problem.kind, std::string(profile));
}

}  // namespace private_image
