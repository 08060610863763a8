// The time of comparing a signature must not reveal how many of its characters are correct. Both
// cases are measured alternately, by medians of many short runs, so that other load affects both
// equally.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string>
#include <vector>

#include "access/signature.hpp"
#include "base/secret.hpp"
#include "one_shot_hmac.hpp"

namespace private_image {
namespace {

// Processor time of this thread, in seconds: waiting for a processor does not count.
double processorTime() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Prevents the compiler from computing the result only once.
template <typename Call>
double secondsOf(Call call, int times) {
    const double begin = processorTime();
    for (int i = 0; i < times; ++i) {
        const bool isEqual = call();
        asm volatile("" : : "r"(isEqual) : "memory");
    }
    return processorTime() - begin;
}

double medianOf(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

// How much longer the second function takes than the first, as a fraction. The order alternates.
template <typename First, typename Second>
double excess(First first, Second second, int rounds, int times) {
    std::vector<double> ofFirst;
    std::vector<double> ofSecond;
    for (int round = 0; round < rounds; ++round) {
        if (round % 2 == 0) {
            ofFirst.push_back(secondsOf(first, times));
        }
        ofSecond.push_back(secondsOf(second, times));
        if (round % 2 != 0) {
            ofFirst.push_back(secondsOf(first, times));
        }
    }
    return medianOf(ofSecond) / medianOf(ofFirst) - 1;
}

// A real difference appears in every attempt, one caused by other load does not.
template <typename Measure>
double smallestOf(Measure measure, double enough) {
    double smallest = std::abs(measure());
    for (int attempt = 0; attempt < 30 && smallest > enough; ++attempt) {
        smallest = std::min(smallest, std::abs(measure()));
    }
    return smallest;
}

std::string changedAt(std::string text, std::size_t place) {
    text[place] = text[place] == '0' ? '1' : '0';
    return text;
}

// The texts are four kilobytes long: with a difference at the start, a comparison that stops
// there would be a hundred times faster; with one in the middle, a comparison by blocks twice as
// fast.
TEST(SignatureTiming, TheTimeDoesNotDependOnThePositionOfTheDifference) {
    const std::string right(4096, 'a');
    const std::array places{std::size_t{0}, std::size_t{63}, right.size() / 2};
    const std::string last = changedAt(right, right.size() - 1);
    for (const std::size_t place : places) {
        const std::string changed = changedAt(right, place);
        const double difference = smallestOf(
            [&] {
                return excess([&] { return equalInConstantTime(right, changed); },
                              [&] { return equalInConstantTime(right, last); }, 301, 20);
            },
            0.05);
        EXPECT_LT(difference, 0.15) << place;
    }
}

TEST(SignatureTiming, TheMeasurementDetectsAComparisonThatStopsEarly) {
    const std::string right(4096, 'a');
    const std::string first = changedAt(right, 0);
    const std::string last = changedAt(right, right.size() - 1);
    EXPECT_GT(excess([&] { return std::string_view(right) == first; },
                     [&] { return std::string_view(right) == last; }, 301, 200),
              0.3);
}

// The whole verification including the HMAC, with several keys.
TEST(SignatureTiming, TheTimeOfAVerdictDoesNotDependOnTheCorrectPart) {
    constexpr std::string_view keyText = "0123456789abcdef0123456789abcdef";
    KeyRing ring(KeyRing::Digest::sha256);
    for (const std::string_view key : {keyText, std::string_view("another key of the test's")}) {
        ASSERT_TRUE(ring.add(*keyFromFile(std::string(key), "test.key")));
    }
    const std::string right = oneShotHmac(EVP_sha256(), keyText, "text");
    const auto judged = [&](const std::string& digest) {
        const SignatureClaim claim{.shape = SignatureClaim::Shape::present,
                                   .signedText = "text",
                                   .digest = digest,
                                   .expires = 0};
        return [&ring, claim] { return verify(claim, ring, 1, 0).signature == Signature::valid; };
    };
    const auto none = judged(std::string(right.size(), 'x'));
    for (const std::string& digest : {changedAt(right, 0), changedAt(right, right.size() / 2),
                                      changedAt(right, right.size() - 1)}) {
        const double difference =
            smallestOf([&] { return excess(none, judged(digest), 301, 10); }, 0.02);
        EXPECT_LT(difference, 0.05) << digest;
    }
}

}  // namespace
}  // namespace private_image
