#include "access/outgoing_answer.hpp"

#include <gtest/gtest.h>

namespace private_image {
namespace {

constexpr auto unknown = Mark::unknown;
constexpr auto open = Mark::publicImage;
constexpr auto secret = Mark::privateImage;

OutgoingAnswer allowed(Reason reason) {
    OutgoingAnswer answer;
    answer.reason = reason;
    return answer;
}

OutgoingAnswer refused(Reason reason) {
    OutgoingAnswer answer = allowed(reason);
    answer.isRefused = true;
    return answer;
}

TEST(OutgoingAnswer, AFlagIsAccepted) {
    EXPECT_FALSE(isWithheldIfFlagged(allowed(Reason::signedUrl)));
    EXPECT_FALSE(isWithheldIfFlagged(allowed(Reason::variant)));
    EXPECT_FALSE(isWithheldIfFlagged(refused(Reason::unsignedUrl)));  // the refusal's own page
    OutgoingAnswer page;
    page.isOwnPage = true;
    EXPECT_FALSE(isWithheldIfFlagged(page));
}

TEST(OutgoingAnswer, AFlagWithholdsWhatWasJudgedPublicOrNotAtAll) {
    EXPECT_TRUE(isWithheldIfFlagged(allowed(Reason::publicImage)));
    EXPECT_TRUE(isWithheldIfFlagged(OutgoingAnswer()));
    for (const Reason reason : {Reason::signedUrl, Reason::variant, Reason::unsignedUrl}) {
        OutgoingAnswer errorPage = refused(reason);
        errorPage.isErrorPage = true;
        EXPECT_TRUE(isWithheldIfFlagged(errorPage)) << reasonWord(reason);
    }
}

TEST(OutgoingAnswer, OneClientsAnswersAreNotShared) {
    for (const bool allowsSharedCache : {false, true}) {
        for (const bool isMarkPersonal : {false, true}) {
            for (const bool isRefused : {false, true}) {
                for (const Reason reason : {Reason::signedUrl, Reason::publicImage}) {
                    OutgoingAnswer answer = allowed(reason);
                    answer.allowsSharedCache = allowsSharedCache;
                    answer.isMarkPersonal = isMarkPersonal;
                    answer.isRefused = isRefused;
                    const bool isSigned = reason == Reason::signedUrl && !allowsSharedCache;
                    EXPECT_EQ(isForOneClient(answer), !isRefused && (isSigned || isMarkPersonal));
                }
            }
        }
    }
}

struct NamesakeCase {
    Namesake namesake;
    Mark mark;
};

TEST(OutgoingAnswer, ANamesakeIsJudgedByTheMostThatIsKnown) {
    const NamesakeCase cases[] = {
        {{unknown, unknown, unknown, open, false}, open},
        {{unknown, unknown, unknown, secret, false}, secret},
        {{unknown, unknown, secret, open, false}, secret},
        {{unknown, unknown, open, secret, false}, open},
        {{unknown, unknown, open, open, true}, secret},  // a hidden image stays hidden
        {{open, unknown, secret, secret, true}, open},   // the page's own answer says so
        {{unknown, open, secret, secret, true}, open},
        {{secret, open, open, open, false}, secret},
        {{open, secret, open, open, false}, secret},
    };
    for (const NamesakeCase& one : cases) {
        EXPECT_EQ(markOfNamesake(one.namesake), one.mark) << &one - cases;
    }
}

}  // namespace
}  // namespace private_image
