#include <gtest/gtest.h>

#include "access/hmac.hpp"
#include "base/encoding.hpp"
#include "upload/imagekit_api/client_credentials.hpp"

namespace private_image::upload {
namespace {

constexpr std::int64_t now = 1'796'000'000;
constexpr std::string_view secretA = "private_0123456789";
constexpr std::string_view secretB = "private_9876543210";

using Fields = std::vector<Field>;

std::vector<UploadKey> someKeys() {
    std::vector<UploadKey> keys;
    keys.push_back({{Secret(std::string(secretA)), "a.key"}, "public_a=", {}});
    keys.push_back({{Secret(std::string(secretB)), "b.key"}, "public_b=", {}});
    keys.push_back({{Secret("private_without_id"), "c.key"}, "", {}});
    return keys;
}

std::string hexOf(std::string_view bytes) {
    return toHex({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

Fields tokenFields(const std::string& token, const std::string& expire,
                   std::string_view secret = secretA, const std::string& id = "public_a=") {
    return {{"fileName", "a.png"},
            {"publicKey", id},
            {"token", token},
            {"expire", expire},
            {"signature", hexOf(hmacSha1(secret, token + expire))}};
}

Result<ClientCredential, UploadError> checkV1(const Fields& fields, std::int64_t at = now) {
    static const auto keys = someKeys();
    return checkClientCredential(UploadVersion::v1, fields, keys, at);
}

Result<ClientCredential, UploadError> checkV2(const Fields& fields, std::int64_t at = now) {
    static const auto keys = someKeys();
    return checkClientCredential(UploadVersion::v2, fields, keys, at);
}

Outcome outcomeOf(const Result<ClientCredential, UploadError>& result) {
    return result ? Outcome::stored : result.error().outcome;
}

std::string at(std::int64_t seconds) {
    return std::to_string(now + seconds);
}

TEST(UploadClient, TheHeaderCountsWhereThereIsOne) {
    EXPECT_EQ(*chooseCredential("Basic x", true), CredentialKind::basic);
    EXPECT_EQ(*chooseCredential("Bearer x", true), CredentialKind::basic);
    EXPECT_EQ(*chooseCredential("Basic x", false), CredentialKind::basic);
    EXPECT_EQ(*chooseCredential("", true), CredentialKind::client);
    const auto refused = chooseCredential("", false);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().outcome, Outcome::noKey);
    EXPECT_EQ(refused.error().message, "Your request does not contain private API key.");
}

// The key of the vectors that ImageKit's clients are tested with.
TEST(UploadClient, ASignatureIsTheOneOfThePublishedClients) {
    EXPECT_EQ(hexOf(hmacSha1("private_key_test", "your_token1582269249")),
              "e71bcd6031016b060d349d212e23e85c791decdd");
}

TEST(UploadClient, ATokenIsAcceptedWithItsSignatureUntilItExpires) {
    const struct {
        std::int64_t seconds;
        Outcome outcome;
    } rows[] = {
        {-1000, Outcome::expired}, {-1, Outcome::expired},    {0, Outcome::expired},
        {1, Outcome::stored},      {1800, Outcome::stored},   {3600, Outcome::stored},
        {3659, Outcome::stored},   {3660, Outcome::badToken}, {99999, Outcome::badToken},
    };
    for (const auto& row : rows) {
        const auto result = checkV1(tokenFields("abc", at(row.seconds)));
        EXPECT_EQ(outcomeOf(result), row.outcome) << row.seconds;
        if (!result) {
            EXPECT_EQ(
                result.error().message,
                "Your request contains invalid expire parameter. Expire parameter should be a "
                "Unix time in less than 1 hour into the future.");
        }
    }
}

TEST(UploadClient, TheResultSaysWhatToRememberAndUntilWhen) {
    const auto result = checkV1(tokenFields("abc", at(60)));
    ASSERT_TRUE(result);
    EXPECT_EQ(result->key->publicKey, "public_a=");
    EXPECT_EQ(result->used.until, now + 60);
    EXPECT_EQ(hexOf(hmacSha1(secretA, "abc" + at(60))).substr(0, 32), toHex(result->used.digest));
    const auto other = checkV1(tokenFields("abd", at(60)));
    EXPECT_NE(other->used.digest, result->used.digest);
}

TEST(UploadClient, EachKeyCountsForItsOwnPublicKey) {
    EXPECT_TRUE(checkV1(tokenFields("abc", at(60), secretB, "public_b=")));
    EXPECT_EQ(outcomeOf(checkV1(tokenFields("abc", at(60), secretB, "public_a="))),
              Outcome::badToken);
    for (const char* id : {"", "public_c", "public_a", "PUBLIC_A=", "public_a= "}) {
        const auto result = checkV1(tokenFields("abc", at(60), secretA, id));
        ASSERT_FALSE(result) << id;
        EXPECT_EQ(result.error().outcome, Outcome::badKey) << id;
        EXPECT_EQ(result.error().message, "Your account cannot be authenticated.");
    }
}

TEST(UploadClient, DigitsCannotMoveFromTheTimeToTheToken) {
    Fields fields = tokenFields("abc", at(60));
    fields[2].value = "abc" + at(60).substr(0, 1);
    fields[3].value = at(60).substr(1);
    EXPECT_EQ(outcomeOf(checkV1(fields)), Outcome::badToken);
    for (const char* expire : {"", "0796000060", "179600006", "17960000600", "1796000060 ",
                               "+796000060", "1.79600e+9", "abcdefghij"}) {
        const auto result = checkV1(tokenFields("abc", expire));
        EXPECT_EQ(outcomeOf(result), Outcome::badToken) << expire;
    }
}

TEST(UploadClient, TokensAreOnePrintableText) {
    const struct {
        std::string token;
        Outcome outcome;
    } rows[] = {
        {"a", Outcome::stored},
        {"6960b02b-39a5-4e3d-98ad-a00ce3f431f1", Outcome::stored},
        {std::string(256, 'x'), Outcome::stored},
        {std::string(257, 'x'), Outcome::badToken},
        {"", Outcome::badToken},
        {"a\n", Outcome::badToken},
        {std::string("a\0", 2), Outcome::badToken},
        {"\xc3\xbc", Outcome::badToken},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(outcomeOf(checkV1(tokenFields(row.token, at(60)))), row.outcome) << row.token;
    }
}

TEST(UploadClient, SignaturesAreLowerCaseHex) {
    const Fields valid = tokenFields("abc", at(60));
    const std::string digest = valid[4].value;
    std::string upper = digest;
    for (char& c : upper) {
        c = static_cast<char>(std::toupper(c));
    }
    std::string other = digest;
    other.back() = other.back() == '0' ? '1' : '0';
    for (const std::string& text : {std::string(), upper, other, digest + "0", digest.substr(1),
                                    " " + digest, hexOf(hmacSha256(secretA, "abc" + at(60)))}) {
        Fields fields = valid;
        fields[4].value = text;
        const auto result = checkV1(fields);
        EXPECT_EQ(outcomeOf(result), Outcome::badToken) << text;
        EXPECT_EQ(result.error().message, "Your request contains invalid signature parameter.");
    }
}

TEST(UploadClient, MissingAndRepeatedFieldsAreNamed) {
    const Fields valid = tokenFields("abc", at(60));
    for (std::size_t i = 1; i < valid.size(); ++i) {
        Fields missing = valid, repeated = valid;
        missing.erase(missing.begin() + static_cast<std::ptrdiff_t>(i));
        repeated.push_back(valid[i]);
        EXPECT_EQ(outcomeOf(checkV1(missing)), Outcome::badToken);
        EXPECT_EQ(checkV1(missing).error().message,
                  "Your request is missing " + valid[i].name + " parameter.");
        EXPECT_EQ(outcomeOf(checkV1(repeated)), Outcome::badField);
        EXPECT_NE(checkV1(repeated).error().message.find(valid[i].name), std::string::npos);
    }
    for (const Fields& fields : {Fields{}, Fields{{"fileName", "a"}}}) {
        EXPECT_EQ(outcomeOf(checkV1(fields)), Outcome::noKey);
        EXPECT_EQ(outcomeOf(checkV2(fields)), Outcome::noKey);
    }
}

TEST(UploadClient, AUsedTokenIsNamed) {
    const UploadError error = usedCredentialError({{"token", "abc"}});
    EXPECT_EQ(error.outcome, Outcome::usedToken);
    EXPECT_EQ(error.message.find("The token with value 'abc' has been used before. "), 0u);
    EXPECT_LT(usedCredentialError({{"token", std::string(9999, 'x')}}).message.size(), 200u);
}

// ---- JSON Web Tokens ----

std::string signedToken(const std::string& header, const std::string& claims,
                        std::string_view secret = secretA) {
    const std::string text = base64UrlEncode(header) + "." + base64UrlEncode(claims);
    return text + "." + base64UrlEncode(hmacSha256(secret, text));
}

const std::string plainHeader = R"({"alg":"HS256","typ":"JWT","kid":"public_a="})";

std::string times(std::int64_t issued, std::int64_t expires) {
    return "\"iat\":" + at(issued) + ",\"exp\":" + at(expires);
}

std::string claimsOf(const std::string& members) {
    return "{" + members + (members.empty() ? "" : ",") + times(-5, 600) + "}";
}

Fields webFields(const std::string& token) {
    return {{"fileName", "j.png"}, {"isPrivateFile", "true"}, {"token", token}};
}

const std::string plainClaims = R"("fileName":"j.png","isPrivateFile":"true")";

Outcome outcomeOfToken(const std::string& token) {
    return outcomeOf(checkV2(webFields(token)));
}

TEST(UploadWebToken, IsAcceptedWithOneClaimForEachField) {
    const std::string token = signedToken(plainHeader, claimsOf(plainClaims));
    const auto result = checkV2(webFields(token));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->key->publicKey, "public_a=");
    EXPECT_EQ(result->used.until, now + 600);
    const auto digest = *base64UrlDecode(token.substr(token.rfind('.') + 1));
    EXPECT_EQ(toHex(result->used.digest), hexOf(digest).substr(0, 32));
}

TEST(UploadWebToken, TheHeaderNamesTheAlgorithmAndAPublicKey) {
    const struct {
        std::string header;
        Outcome outcome;
    } rows[] = {
        {R"({"kid":"public_a=","alg":"HS256"})", Outcome::stored},
        {R"({"alg":"none","typ":"JWT","kid":"public_a="})", Outcome::badToken},
        {R"({"alg":"HS512","typ":"JWT","kid":"public_a="})", Outcome::badToken},
        {R"({"alg":"hs256","typ":"JWT","kid":"public_a="})", Outcome::badToken},
        {R"({"alg":["HS256"],"kid":"public_a="})", Outcome::badToken},
        {R"({"alg":"HS256","typ":"JWE","kid":"public_a="})", Outcome::badToken},
        {R"({"alg":"HS256","typ":null,"kid":"public_a="})", Outcome::badToken},
        {R"({"alg":"HS256","alg":"HS256","kid":"public_a="})", Outcome::badToken},
        {R"({"alg":"HS256","kid":"public_a=","crit":["b64"],"b64":false})", Outcome::badToken},
        {R"({"alg":"HS256","kid":"public_a=","jwk":{}})", Outcome::badToken},
        {R"({"typ":"JWT","kid":"public_a="})", Outcome::badToken},
        {R"(["HS256"])", Outcome::badToken},
        {R"({"alg":"HS256","typ":"JWT"})", Outcome::badKey},
        {R"({"alg":"HS256","typ":"JWT","kid":""})", Outcome::badKey},
        {R"({"alg":"HS256","typ":"JWT","kid":7})", Outcome::badKey},
        {R"({"alg":"HS256","typ":"JWT","kid":"public_b="})", Outcome::badKey},
        {R"({"alg":"HS256","typ":"JWT","kid":"public_c"})", Outcome::badKey},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(outcomeOfToken(signedToken(row.header, claimsOf(plainClaims))), row.outcome)
            << row.header;
    }
}

TEST(UploadWebToken, AWrongSignatureIsRefusedBeforeTheClaimsAreRead) {
    EXPECT_EQ(outcomeOfToken(signedToken(plainHeader, claimsOf(plainClaims), secretB)),
              Outcome::badKey);
    EXPECT_EQ(outcomeOfToken(signedToken(plainHeader, "{", secretB)), Outcome::badKey);
    EXPECT_EQ(outcomeOfToken(signedToken(plainHeader, "{")), Outcome::badToken);
}

TEST(UploadWebToken, OnlyTheCanonicalSpellingIsAccepted) {
    const std::string token = signedToken(plainHeader, claimsOf(plainClaims));
    ASSERT_EQ(outcomeOfToken(token), Outcome::stored);
    static constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=";
    for (const char digit : digits) {
        std::string other = token;
        other.back() = digit;
        EXPECT_EQ(outcomeOfToken(other) == Outcome::stored, other == token) << digit;
    }
    const std::size_t dot = token.find('.');
    for (const std::string& other :
         {token + "=", token + ".", "." + token, token + " ", " " + token, token + "\n",
          token.substr(0, token.rfind('.')), token.substr(0, token.rfind('.') + 1), std::string(),
          std::string(".."), std::string("."), token.substr(dot + 1),
          token.substr(0, dot) + "." + token.substr(dot), token + "." + token}) {
        EXPECT_EQ(outcomeOfToken(other),
                  other.ends_with("..") ? Outcome::badToken
                  : other.ends_with('.') && other != token + "." && other != "."
                      ? Outcome::badKey
                      : Outcome::badToken)
            << other;
    }
}

TEST(UploadWebToken, ClaimsAndFieldsAreTheSameSet) {
    const struct {
        const char* claims;
        Outcome outcome;
    } rows[] = {
        {R"("isPrivateFile":"true","fileName":"j.png")", Outcome::stored},
        {R"("isPrivateFile":"\u0074rue","fileName":"j.png")", Outcome::stored},
        {R"("fileName":"j.png")", Outcome::badToken},
        {R"("fileName":"j.png","isPrivateFile":"false")", Outcome::badToken},
        {R"("fileName":"j.png","isPrivateFile":true)", Outcome::badToken},
        {R"("fileName":"j.png","isPrivateFile":"true","folder":"/a")", Outcome::badToken},
        {R"("fileName":"j.png","isPrivateFile":"true","file":"x")", Outcome::badToken},
        {R"("fileName":"j.png","isPrivateFile":"true","token":"x")", Outcome::badToken},
        {R"("fileName":"j.png","fileName":"j.png","isPrivateFile":"true")", Outcome::badToken},
        {"", Outcome::badToken},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(outcomeOfToken(signedToken(plainHeader, claimsOf(row.claims))), row.outcome)
            << row.claims;
    }
    const std::string token = signedToken(plainHeader, claimsOf(plainClaims));
    for (const Field& more : {Field{"folder", "/a"}, Field{"iat", at(-5)}, Field{"exp", at(600)}}) {
        Fields fields = webFields(token);
        fields.push_back(more);
        EXPECT_EQ(outcomeOf(checkV2(fields)), Outcome::badToken) << more.name;
    }
    for (const char* name : {"isPrivateFile", "token"}) {
        Fields fields = webFields(token);
        fields.push_back({name, std::string(name) == "token" ? token : "true"});
        EXPECT_EQ(outcomeOf(checkV2(fields)), Outcome::badField) << name;
    }
}

TEST(UploadWebToken, TimesAreBounded) {
    const struct {
        std::string times;
        Outcome outcome;
    } rows[] = {
        {times(0, 1), Outcome::stored},
        {times(0, 3600), Outcome::stored},
        {times(0, 3601), Outcome::badToken},
        {times(-3600, 0), Outcome::expired},
        {times(-3599, 1), Outcome::stored},
        {times(60, 100), Outcome::stored},
        {times(61, 100), Outcome::badToken},
        {times(60, 3660), Outcome::stored},
        {"\"iat\":" + at(0), Outcome::badToken},
        {"\"exp\":" + at(5), Outcome::badToken},
        {"\"iat\":\"" + at(0) + "\",\"exp\":" + at(5), Outcome::badToken},
        {"\"iat\":" + at(0) + ".0,\"exp\":" + at(5), Outcome::badToken},
        {"\"iat\":-1,\"exp\":" + at(5), Outcome::badToken},
        {"\"iat\":" + at(0) + ",\"exp\":18446744073709551615", Outcome::badToken},
        {"\"iat\":" + at(0) + ",\"exp\":1e300", Outcome::badToken},
        {"\"iat\":null,\"exp\":" + at(5), Outcome::badToken},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(
            outcomeOfToken(signedToken(plainHeader, "{" + plainClaims + "," + row.times + "}")),
            row.outcome)
            << row.times;
    }
}

TEST(UploadWebToken, ATokenOfTheOtherVersionIsRefused) {
    const std::string token = signedToken(plainHeader, claimsOf(plainClaims));
    EXPECT_EQ(outcomeOf(checkV1(webFields(token))), Outcome::badToken);
    EXPECT_EQ(outcomeOf(checkV2(tokenFields("abc", at(60)))), Outcome::badToken);
}

}  // namespace
}  // namespace private_image::upload
