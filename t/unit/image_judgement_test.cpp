// Tables of the judgement of an image by the status and content of the origin's answer, the known
// image state and the gate's mark. decision_test.cpp tests the decision by a mark.
#include "access/image_judgement.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace private_image {
namespace {

using Use = AnswerJudgement::Use;

constexpr Milliseconds now = 1'700'000'000'000;
constexpr Milliseconds minute = 60'000;
constexpr std::uint32_t reader = 7;

constexpr std::array marks{Mark::unknown, Mark::publicImage, Mark::privateImage};

RequestAccess access(Signature signature = Signature::none) {
    RequestAccess access;
    access.signature.signature = signature;
    access.policyDigest = reader;
    access.markValid = 10 * minute;
    access.arrivedAt = now - 5;
    return access;
}

OriginState knownAs(Mark observed, Milliseconds age = minute) {
    OriginState reading;
    reading.mark = observed;
    reading.policyDigest = reader;
    reading.revision = revisionOf("\"a\"", -1);
    reading.observedAt = now - age;
    reading.freshUntil = now + minute;
    return reading;
}

OriginAnswer answered(unsigned status, Mark observed = Mark::unknown,
                      std::string_view etag = "\"a\"") {
    OriginAnswer answer;
    answer.status = status;
    answer.mark = observed;
    answer.revision = revisionOf(etag, -1);
    answer.observedAt = now;
    return answer;
}

// Records the learned image state; `kept` is the known one, whose private mark remains for one
// revision.
class Record final : public ImageKnowledge {
public:
    explicit Record(std::optional<OriginState> kept = {}) : kept_(kept) {}
    OriginState remember(const OriginState& reading) override {
        readings.push_back(kept_ ? mergeStates(*kept_, reading) : reading);
        return readings.back();
    }
    void rememberMissing() override { wasMissing = true; }

    std::vector<OriginState> readings;
    bool wasMissing = false;

private:
    std::optional<OriginState> kept_;
};

AnswerJudgement judge(const OriginAnswer& answer, const ExpectedAnswer& expected,
                      const RequestAccess& by = access(), const JudgedImage& image = {}) {
    Record record;
    return judgeAnswer(by, image, answer, expected, record);
}

ExpectedAnswer original() {
    ExpectedAnswer expected;
    expected.anySuccess = true;
    return expected;
}

// ---- the status ----

struct StatusRow {
    unsigned status;
    bool derivative, original, withConditions;  // expected: by a fetch, an original, one with If-*
    std::string_view failure;                   // the reason where it is not
};

const StatusRow statuses[] = {
    {100, false, false, false, "origin_error"},
    {200, true, true, true, ""},
    {203, true, true, true, ""},
    {204, false, true, true, "origin_error"},
    {206, false, true, true, "origin_error"},
    {299, false, true, true, "origin_error"},
    {300, false, false, false, "origin_error"},
    {301, false, false, false, "origin_error"},
    {302, false, false, false, "origin_error"},
    {304, false, false, true, "origin_error"},
    {307, false, false, false, "origin_error"},
    {400, false, false, false, "origin_error"},
    {401, false, false, false, "origin_refused"},
    {403, false, false, false, "origin_refused"},
    {404, false, false, false, "not_found"},
    {410, false, false, false, "not_found"},
    {412, false, false, true, "origin_error"},
    {416, false, false, true, "origin_error"},
    {429, false, false, false, "origin_error"},
    {500, false, false, false, "origin_error"},
    {502, false, false, false, "origin_error"},
    {503, false, false, false, "origin_error"},
    {504, false, false, false, "origin_error"},
    {999, false, false, false, "origin_error"},
};

TEST(ImageJudgement, AcceptsOnlyStatusesThatFitTheRequest) {
    ExpectedAnswer conditional = original();
    conditional.notModified = conditional.conditionFailures = true;
    for (const StatusRow& row : statuses) {
        EXPECT_EQ(isExpected(row.status, {}), row.derivative) << row.status;
        EXPECT_EQ(isExpected(row.status, original()), row.original) << row.status;
        EXPECT_EQ(isExpected(row.status, conditional), row.withConditions) << row.status;
    }
}

// No signature, mark or policy allows an answer with an error status.
TEST(ImageJudgement, RefusesEveryOtherStatusWithAnySignature) {
    for (const StatusRow& row : statuses) {
        for (const Signature signature : {Signature::none, Signature::valid, Signature::bad}) {
            for (const Mark observed : marks) {
                if (row.failure.empty()) {
                    continue;
                }
                const auto judgement = judge(answered(row.status, observed), {}, access(signature));
                EXPECT_FALSE(judgement.decision.allowed) << row.status;
                EXPECT_EQ(reasonWord(judgement.decision.reason), row.failure) << row.status;
                EXPECT_EQ(judgement.use, Use::none) << row.status;
                EXPECT_FALSE(judgement.state) << row.status;
                EXPECT_NE(judgement.detail.find(std::to_string(row.status)), std::string::npos);
            }
        }
    }
}

TEST(ImageJudgement, A504OfNginxIsATimeout) {
    OriginAnswer answer = answered(504);
    EXPECT_EQ(failureReason(answer, ""), Reason::originError);
    answer.isNginxTimeout = true;
    EXPECT_EQ(failureReason(answer, ""), Reason::originTimeout);
}

TEST(ImageJudgement, AFolderIsMissing) {
    for (const unsigned status : {301u, 403u}) {
        OriginAnswer answer = answered(status);
        answer.isFolder = true;
        EXPECT_EQ(failureReason(answer, ""), Reason::notFound) << status;
    }
}

TEST(ImageJudgement, AnS3CodeOverridesTheStatus) {
    EXPECT_EQ(failureReason(answered(403), "AccessDenied"), Reason::notFound);
    EXPECT_EQ(failureReason(answered(404), "NoSuchKey"), Reason::notFound);
    EXPECT_EQ(failureReason(answered(404), "NoSuchBucket"), Reason::originError);
    EXPECT_EQ(failureReason(answered(403), "SignatureDoesNotMatch"), Reason::originError);
    EXPECT_EQ(failureReason(answered(403), "SomethingElse"), Reason::originError);
    EXPECT_EQ(failureReason(answered(403), ""), Reason::originRefused);
}

TEST(ImageJudgement, AMissingImageIsStoredAsMissing) {
    for (const StatusRow& row : statuses) {
        Record record;
        judgeFailure({}, answered(row.status), {}, record);
        EXPECT_EQ(record.wasMissing, row.failure == "not_found") << row.status;
    }
}

TEST(ImageJudgement, AFlagOfAnErrorMarksTheKnownImagePrivate) {
    for (const Mark observed : marks) {
        for (const bool isKnown : {false, true}) {
            const OriginState known = knownAs(Mark::publicImage);
            const JudgedImage image{.known = isKnown ? &known : nullptr};
            Record record;
            judgeFailure(image, answered(500, observed), {}, record);
            const bool marks = isKnown && observed == Mark::privateImage;
            ASSERT_EQ(record.readings.size(), marks ? 1u : 0u);
            if (marks) {
                EXPECT_EQ(record.readings[0].mark, Mark::privateImage);
                EXPECT_EQ(record.readings[0].revision, known.revision);
                EXPECT_EQ(record.readings[0].observedAt, now);
            }
        }
    }
}

TEST(ImageJudgement, AnAnswerThatCannotBeJudgedIsAnOriginError) {
    OriginAnswer lost = answered(200, Mark::publicImage);
    lost.redirectHeadersLost = true;
    OriginAnswer bare = answered(200, Mark::publicImage);
    bare.isHttp = false;
    for (const OriginAnswer& answer : {lost, bare}) {
        Record record;
        const auto judgement =
            judgeAnswer(access(Signature::valid), {}, answer, original(), record);
        EXPECT_FALSE(judgement.decision.allowed);
        EXPECT_EQ(judgement.decision.reason, Reason::originError);
        EXPECT_TRUE(record.readings.empty());
    }
}

// ---- the mark ----

// The observed mark, the gate's mark and private_image_unmarked. A private mark wins; the last is
// used only without a mark.
Mark expectedMark(Mark observed, Mark gate, Mark unmarked) {
    if (observed == Mark::privateImage || gate == Mark::privateImage) {
        return Mark::privateImage;
    }
    const bool isSilent = observed == Mark::unknown && gate == Mark::unknown;
    return isSilent ? unmarked : Mark::publicImage;
}

TEST(ImageJudgement, AnImageIsJudgedByAllOfItsMarks) {
    for (const unsigned status : {200u, 203u, 206u}) {
        for (const Mark observed : marks) {
            for (const Mark gate : marks) {
                for (const Mark unmarked : {Mark::publicImage, Mark::privateImage}) {
                    for (const Signature signature :
                         {Signature::none, Signature::valid, Signature::bad, Signature::expired}) {
                        RequestAccess by = access(signature);
                        by.unmarked = unmarked;
                        const JudgedImage image{.gateMark = gate};
                        const auto judgement =
                            judge(answered(status, observed), original(), by, image);
                        const Mark mark = expectedMark(observed, gate, unmarked);
                        EXPECT_EQ(judgement.use, Use::image);
                        EXPECT_EQ(judgement.mark, mark);
                        EXPECT_EQ(judgement.decision.allowed,
                                  mark == Mark::publicImage || signature == Signature::valid);
                        ASSERT_TRUE(judgement.state);
                        EXPECT_EQ(judgement.state->mark, observed)
                            << "the gate's mark is not stored";
                        EXPECT_EQ(judgement.state->policyDigest, reader);
                        EXPECT_EQ(judgement.state->observedAt, now);
                    }
                }
            }
        }
    }
}

TEST(ImageJudgement, APrivateMarkOfTheSameRevisionIsKept) {
    for (const std::string_view etag : {"\"a\"", "\"b\""}) {
        Record record(knownAs(Mark::privateImage));
        const auto judgement =
            judgeAnswer(access(), {}, answered(200, Mark::publicImage, etag), original(), record);
        const bool isSame = etag == "\"a\"";
        EXPECT_EQ(judgement.mark, isSame ? Mark::privateImage : Mark::publicImage);
        EXPECT_EQ(judgement.decision.allowed, !isSame);
        EXPECT_EQ(judgement.state->mark, judgement.mark);
    }
}

TEST(ImageJudgement, AMarkThatCannotBeEvaluatedRefuses) {
    for (const Mark observed : marks) {
        OriginAnswer answer = answered(200, observed);
        answer.markFailed = true;
        const auto judgement = judge(answer, original(), access(Signature::valid));
        EXPECT_FALSE(judgement.decision.allowed);
        EXPECT_EQ(judgement.decision.reason, Reason::internal);
    }
}

TEST(ImageJudgement, APrivateImageThatCanBeFetchedAroundTheGateIsRefused) {
    for (const Mark observed : marks) {
        for (const Signature signature : {Signature::none, Signature::valid}) {
            OriginAnswer answer = answered(200, observed);
            answer.isReachableAroundGate = true;
            answer.reachableDetail = "by /open/";
            const auto judgement = judge(answer, original(), access(signature));
            const bool isPrivate = observed == Mark::privateImage;
            EXPECT_EQ(judgement.decision.allowed, !isPrivate);
            EXPECT_TRUE(judgement.state->isReachableAroundGate);
            if (isPrivate) {
                EXPECT_EQ(reasonWord(judgement.decision.reason),
                          signature == Signature::valid ? "internal" : "unsigned");
            }
        }
    }
}

// ---- 304, 412 and 416 ----

struct SilentRow {
    unsigned status;
    bool confirms;          // the conditions were those of the known state
    std::string_view etag;  // the answer's own; empty: none
    Mark observed;
    Mark known;
    Use use;
    Mark mark;
};

const SilentRow silentAnswers[] = {
    // A confirmation has no mark, so the known mark is kept.
    {304, true, "", Mark::unknown, Mark::publicImage, Use::confirmation, Mark::publicImage},
    {304, true, "", Mark::unknown, Mark::privateImage, Use::confirmation, Mark::privateImage},
    {304, true, "\"a\"", Mark::unknown, Mark::publicImage, Use::confirmation, Mark::publicImage},
    {304, true, "", Mark::privateImage, Mark::publicImage, Use::confirmation, Mark::privateImage},
    {304, true, "", Mark::publicImage, Mark::privateImage, Use::confirmation, Mark::privateImage},
    // With other validators it confirms another revision.
    {304, true, "\"b\"", Mark::unknown, Mark::publicImage, Use::contradiction, Mark::unknown},
    {304, true, "\"b\"", Mark::unknown, Mark::privateImage, Use::contradiction, Mark::unknown},
    {304, true, "\"b\"", Mark::privateImage, Mark::publicImage, Use::contradiction,
     Mark::privateImage},
    // A client's own conditions may be about any revision.
    {304, false, "", Mark::unknown, Mark::publicImage, Use::none, Mark::unknown},
    {304, false, "", Mark::unknown, Mark::privateImage, Use::none, Mark::unknown},
    {304, false, "", Mark::publicImage, Mark::unknown, Use::none, Mark::publicImage},
    {304, false, "", Mark::privateImage, Mark::unknown, Use::none, Mark::privateImage},
    // Failed conditions are about the image that is known.
    {412, false, "", Mark::unknown, Mark::publicImage, Use::none, Mark::publicImage},
    {412, false, "", Mark::unknown, Mark::privateImage, Use::none, Mark::privateImage},
    {416, false, "", Mark::unknown, Mark::publicImage, Use::none, Mark::publicImage},
    {416, false, "", Mark::privateImage, Mark::publicImage, Use::none, Mark::privateImage},
};

TEST(ImageJudgement, AnswersWithoutBytes) {
    for (const SilentRow& row : silentAnswers) {
        for (const Signature signature : {Signature::none, Signature::valid}) {
            SCOPED_TRACE(std::to_string(row.status) + " etag " + std::string(row.etag) +
                         " observed " + std::string(markWord(row.mark)) + " known " +
                         std::string(markWord(row.known)));
            const OriginState known = knownAs(row.known);
            ExpectedAnswer expected = original();
            expected.notModified = expected.conditionFailures = true;
            expected.confirms = row.confirms ? &known : nullptr;
            Record record(known);
            const auto judgement =
                judgeAnswer(access(signature), {.known = &known},
                            answered(row.status, row.mark, row.etag), expected, record);
            EXPECT_EQ(judgement.use, row.use);
            EXPECT_EQ(judgement.mark, row.mark);
            EXPECT_EQ(judgement.decision.allowed,
                      row.mark == Mark::publicImage || signature == Signature::valid);
        }
    }
}

TEST(ImageJudgement, ASilentAnswerTeachesNothing) {
    for (const unsigned status : {304u, 412u, 416u}) {
        ExpectedAnswer expected = original();
        expected.notModified = expected.conditionFailures = true;
        Record record;
        const auto judgement = judgeAnswer(access(), {}, answered(status), expected, record);
        EXPECT_TRUE(record.readings.empty()) << status;
        EXPECT_FALSE(judgement.state) << status;
        EXPECT_FALSE(judgement.decision.allowed) << status;
    }
}

TEST(ImageJudgement, AGateThatMarksPrivateNeedsNoAnswer) {
    ExpectedAnswer expected = original();
    expected.notModified = true;
    const auto judgement =
        judge(answered(304), expected, access(), {.gateMark = Mark::privateImage});
    EXPECT_EQ(judgement.mark, Mark::privateImage);
    EXPECT_EQ(judgement.decision.reason, Reason::unsignedUrl);
}

TEST(ImageJudgement, AConfirmationKeepsRevisionAndLifetime) {
    const OriginState known = knownAs(Mark::publicImage);
    ExpectedAnswer expected;
    expected.notModified = true;
    expected.confirms = &known;
    expected.confirmedLifetime = readOriginLifetime("max-age=120", {});
    for (const bool hasLifetime : {false, true}) {
        OriginAnswer answer = answered(304, Mark::unknown, "");
        answer.hasLifetime = hasLifetime;
        answer.lifetime = hasLifetime ? readOriginLifetime("max-age=30", {}) : OriginLifetime{};
        Record record;
        const auto judgement = judgeAnswer(access(), {.known = &known}, answer, expected, record);
        ASSERT_TRUE(judgement.state);
        EXPECT_EQ(judgement.state->revision, known.revision);
        EXPECT_EQ(judgement.state->freshUntil, now + (hasLifetime ? 30'000 : 120'000));
    }
}

// ---- what is known ----

struct KnownRow {
    std::string_view what;
    bool isKnown;
    Milliseconds age;  // of the mark
    Milliseconds markValid;
    std::uint32_t reader;
    bool isReachableAroundGate;
    Milliseconds readByThisRequest;
    bool isReliable;  // of a public image
};

const KnownRow knownRows[] = {
    {"nothing", false, 0, minute, reader, false, 0, false},
    {"read a moment before the request", true, 6, minute, reader, false, 0, true},
    {"read just within private_image_mark_valid", true, minute, minute, reader, false, 0, true},
    {"read before that", true, minute + 1, minute, reader, false, 0, false},
    {"read by other flags", true, 6, minute, reader + 1, false, 0, false},
    {"with 0, read before the request", true, 6, 0, reader, false, 0, false},
    {"with 0, read in the millisecond of the request", true, 5, 0, reader, false, 0, false},
    {"with 0, read after the request came", true, 4, 0, reader, false, 0, true},
    {"with 0, read by the request itself", true, 5, 0, reader, false, now - 5, true},
    {"with 0, read by the request itself before", true, 6, 0, reader, false, now - 5, false},
    {"read in the near future of another clock", true, -1000, minute, reader, false, 0, true},
    {"read in the far future", true, -1001, minute, reader, false, 0, false},
    {"of a public image that is reachable", true, 6, minute, reader, true, 0, true},
};

TEST(ImageJudgement, AKnownMarkIsReliableForATime) {
    for (const KnownRow& row : knownRows) {
        for (const Mark observed : {Mark::publicImage, Mark::privateImage}) {
            SCOPED_TRACE(row.what);
            OriginState known = knownAs(observed, row.age);
            known.policyDigest = row.reader;
            known.isReachableAroundGate = row.isReachableAroundGate;
            RequestAccess by = access();
            by.markValid = row.markValid;
            const JudgedImage image{.known = row.isKnown ? &known : nullptr,
                                    .readByThisRequest = row.readByThisRequest};
            const bool isPrivate = observed == Mark::privateImage;
            const bool isReliableNow = row.isReliable && !(isPrivate && row.isReachableAroundGate);
            EXPECT_EQ(isReliable(by, image, now), isReliableNow);
            const auto [mark, decision] = judgeKnown(by, image, now);
            EXPECT_EQ(mark, isReliableNow ? observed : Mark::unknown);
            EXPECT_EQ(decision.allowed, isReliableNow && !isPrivate);
        }
    }
}

TEST(ImageJudgement, AStaleMarkIsReliableOnlyIfTheRequestReadIt) {
    for (const Milliseconds age : {4, 6}) {
        OriginState known = knownAs(Mark::publicImage, age);
        known.freshUntil = now - 1;
        EXPECT_EQ(isConfirmed(access(), {.known = &known}, now), age == 4);
        known.freshUntil = now + 1;
        EXPECT_TRUE(isConfirmed(access(), {.known = &known}, now));
    }
    EXPECT_FALSE(isConfirmed(access(), {}, now));
}

TEST(ImageJudgement, AGateThatMarksPrivateNeedsNoImageState) {
    const auto [mark, decision] = judgeKnown(access(), {.gateMark = Mark::privateImage}, now);
    EXPECT_EQ(mark, Mark::privateImage);
    EXPECT_EQ(decision.reason, Reason::unsignedUrl);
}

// decision_test.cpp has the table of decideUntransformed().
TEST(ImageJudgement, AnImageItselfIsShownByAllOfItsMarks) {
    for (const Mark ofGate : marks) {
        for (const Mark observed : marks) {
            for (const Signature signature : {Signature::none, Signature::valid}) {
                JudgedImage image;
                image.requestKind = RequestKind::adhoc;
                image.gateMark = ofGate;
                const bool isPrivate =
                    ofGate == Mark::privateImage || observed == Mark::privateImage;
                EXPECT_EQ(mayShowUntransformed(access(signature), image, observed),
                          !isPrivate || signature == Signature::valid);
            }
        }
    }
    JudgedImage preview;
    preview.requestKind = RequestKind::publicVariant;
    EXPECT_FALSE(mayShowUntransformed(access(), preview, Mark::privateImage));
    EXPECT_FALSE(mayShowUntransformed(access(Signature::valid), preview, Mark::privateImage));
    EXPECT_TRUE(mayShowUntransformed(access(), preview, Mark::publicImage));
}

TEST(ImageJudgement, AnObservedMarkCountsIfNothingIsKnown) {
    const OriginState known = knownAs(Mark::privateImage);
    for (const Mark observed : marks) {
        EXPECT_EQ(judgeKnownOrObserved(access(), {}, observed, now).mark,
                  expectedMark(observed, Mark::unknown, Mark::publicImage));
        EXPECT_EQ(judgeKnownOrObserved(access(), {.known = &known}, observed, now).mark,
                  Mark::privateImage);
    }
}

}  // namespace
}  // namespace private_image
