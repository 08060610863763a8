// The tool's answers over all combinations of request, mark and signature: they equal those of the
// gate and name its rule.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "access/decision.hpp"
#include "tools/judgement.hpp"

namespace private_image::tools {
namespace {

constexpr RequestKind allRequestKinds[] = {RequestKind::original, RequestKind::publicVariant,
                                           RequestKind::signedVariant, RequestKind::adhoc};
constexpr Mark marks[] = {Mark::unknown, Mark::publicImage, Mark::privateImage};
constexpr Adhoc adhocPolicies[] = {Adhoc::off, Adhoc::publicOnly, Adhoc::withSignature, Adhoc::on};

std::vector<SignatureVerdict> verdicts() {
    return {{.signature = Signature::none},
            {.signature = Signature::valid},
            {.signature = Signature::bad},
            {.signature = Signature::bad, .expiryTooFar = true},
            {.signature = Signature::expired}};
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
}

// Calls `check` with every combination of request kind, settings and signature.
template <typename Check>
void forEverything(Check check) {
    for (const RequestKind requestKind : allRequestKinds) {
        for (const Adhoc adhoc : adhocPolicies) {
            for (const bool isAlways : {false, true}) {
                for (const SignatureVerdict& verdict : verdicts()) {
                    GateRules rules;
                    rules.policy = {isAlways, adhoc};
                    JudgedUrl url;
                    url.verdict = verdict;
                    url.parsed.emplace().requestKind = requestKind;
                    check(url, rules);
                }
            }
        }
    }
}

TEST(Judgement, EqualsTheDecisionOfTheGate) {
    forEverything([](const JudgedUrl& url, const GateRules& rules) {
        for (const Mark mark : marks) {
            const Decision decision =
                decide(url.parsed->requestKind, mark, url.verdict, rules.policy);
            const Judgement judgement = judge(url, rules, mark);
            EXPECT_EQ(judgement.reason, decision.reason);
            EXPECT_EQ(judgement.status == 200, decision.allowed);
        }
    });
}

TEST(Judgement, NamesTheRuleThatDecided) {
    forEverything([](const JudgedUrl& url, const GateRules& rules) {
        for (const Mark mark : marks) {
            const Judgement judgement = judge(url, rules, mark);
            const std::string& rule = judgement.rule;
            const bool isSigned = has(rule, "needs a valid signature: this one is valid");
            const bool needsNone = has(rule, "needs no signature");
            switch (judgement.reason) {
                case Reason::signedUrl:
                    EXPECT_TRUE(isSigned) << rule;
                    break;
                case Reason::publicImage:
                case Reason::variant:
                    EXPECT_TRUE(needsNone) << rule;
                    break;
                case Reason::adhocOff:
                    EXPECT_TRUE(has(rule, "private_image_adhoc")) << rule;
                    break;
                case Reason::unsignedUrl:
                    EXPECT_TRUE(has(rule, "it is missing")) << rule;
                    break;
                case Reason::badSignature:
                    EXPECT_TRUE(has(rule, "this one is bad")) << rule;
                    break;
                case Reason::expired:
                    EXPECT_TRUE(has(rule, "this one has expired")) << rule;
                    break;
                case Reason::expiryTooFar:
                    EXPECT_TRUE(has(rule, "this one expires too late")) << rule;
                    break;
                default:
                    ADD_FAILURE() << reasonWord(judgement.reason);
            }
        }
    });
}

TEST(Judgement, JudgesAFurtherImageAsAnOriginal) {
    forEverything([](const JudgedUrl& url, const GateRules& rules) {
        for (const Mark mark : marks) {
            EXPECT_EQ(judgeFurther(url, rules, mark).reason,
                      decide(RequestKind::original, mark, url.verdict, rules.policy).reason);
        }
    });
}

}  // namespace
}  // namespace private_image::tools
