#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "status/formats.hpp"

namespace private_image {
namespace {

using Kind = Figure::Kind;

TEST(StatusFigures, ATimeIsCountedInTheFirstBucketThatContainsIt) {
    const struct {
        std::uint64_t milliseconds;
        std::size_t bucket;
    } cases[] = {{0, 0},       {1, 0},       {2, 1},       {3, 2},          {5, 2},
                 {6, 3},       {1000, 9},    {1001, 10},   {2500, 10},      {30'000, 13},
                 {30'001, 14}, {10'000, 12}, {10'001, 13}, {1ull << 60, 14}};
    for (const auto& [milliseconds, bucket] : cases) {
        EXPECT_EQ(bucketOf(milliseconds), bucket) << milliseconds;
    }
}

TEST(StatusFigures, NumbersAreCountsOrSeconds) {
    EXPECT_EQ(numberText({0}), "0");
    EXPECT_EQ(numberText({18446744073709551615u}), "18446744073709551615");
    EXPECT_EQ(numberText({0, true}), "0.000");
    EXPECT_EQ(numberText({7, true}), "0.007");
    EXPECT_EQ(numberText({61'050, true}), "61.050");
}

TEST(StatusFigures, BoundsAreWrittenAsShortAsTheyRead) {
    std::string all;
    for (const double bound : bucketBounds) {
        all += boundText(bound) + ' ';
    }
    EXPECT_EQ(all, "0.001 0.0025 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 30 ");
}

TEST(StatusFigures, LabelsArePrintableAndRemainDistinct) {
    EXPECT_EQ(printableLabel("img-2024.key"), "img-2024.key");
    EXPECT_EQ(printableLabel("a b\"\\"), "a b\"\\");
    EXPECT_EQ(printableLabel("50%"), "50%25");
    EXPECT_EQ(printableLabel("50%25"), "50%2525");
    EXPECT_EQ(printableLabel("\xfc\n\x7f"), "%FC%0A%7F");
}

std::vector<Group> someFigures() {
    Distribution times{};
    times.upTo.fill(3);
    times.upTo[0] = 1;
    times.count = 4;
    times.milliseconds = 40'250;
    return {{"Requests",
             {{Kind::counter,
               "key_requests_total",
               "Requests by key",
               {{{{"key", "a\"\\.key"}}, {2}}, {{{"key", "<b>"}}, {0}}}},
              {Kind::counter, "evicted_total", "Evicted"}}},
            {"Work",
             {{Kind::gauge, "oldest_wait_seconds", "Wait", {{{}, {1500, true}}}},
              {Kind::histogram, "render_seconds", "Renders", {}, times}}}};
}

TEST(StatusFormats, PrometheusEscapesLabelsAndEndsBucketsWithInfinity) {
    const std::string text = prometheusText(someFigures());
    EXPECT_TRUE(
        text.starts_with("# HELP private_image_key_requests_total Requests by key.\n"
                         "# TYPE private_image_key_requests_total counter\n"
                         "private_image_key_requests_total{key=\"a\\\"\\\\.key\"} 2\n"
                         "private_image_key_requests_total{key=\"<b>\"} 0\n"))
        << text;
    EXPECT_NE(text.find("private_image_oldest_wait_seconds 1.500\n"), text.npos);
    EXPECT_NE(text.find("private_image_render_seconds_bucket{le=\"0.001\"} 1\n"), text.npos);
    EXPECT_TRUE(
        text.ends_with("private_image_render_seconds_bucket{le=\"+Inf\"} 4\n"
                       "private_image_render_seconds_sum 40.250\n"
                       "private_image_render_seconds_count 4\n"))
        << text;
}

TEST(StatusFormats, JsonHasTheSameNamesAndNumbers) {
    const auto json = nlohmann::json::parse(jsonText(someFigures()));
    EXPECT_EQ(json.at("private_image_key_requests_total"),
              nlohmann::json::parse(R"([{"key": "a\"\\.key", "value": 2},
                                        {"key": "<b>", "value": 0}])"));
    EXPECT_EQ(json.at("private_image_evicted_total"), nlohmann::json::array());
    EXPECT_EQ(json.at("private_image_oldest_wait_seconds"), 1.5);
    const auto& times = json.at("private_image_render_seconds");
    EXPECT_EQ(times.at("buckets").size(), bucketBounds.size() + 1);
    EXPECT_EQ(times.at("buckets").at("0.0025"), 3);
    EXPECT_EQ(times.at("buckets").at("+Inf"), 4);
    EXPECT_EQ(times.at("sum"), 40.25);
    EXPECT_EQ(times.at("count"), 4);
}

TEST(StatusFormats, JsonKeepsTheOrderOfTheFigures) {
    const std::string text = jsonText(someFigures());
    EXPECT_LT(text.find("key_requests_total"), text.find("evicted_total"));
    EXPECT_LT(text.find("evicted_total"), text.find("oldest_wait_seconds"));
    EXPECT_LT(text.find("buckets"), text.find("sum"));
}

TEST(StatusFormats, ThePageEscapesLabelsAndLeavesOutZeroCounters) {
    auto figures = someFigures();
    EXPECT_EQ(htmlText(figures).find("&lt;b&gt;"), std::string::npos);
    figures[0].figures[0].samples[1].number.value = 1;
    const std::string page = htmlText(figures);
    EXPECT_NE(page.find("<td>key &lt;b&gt;</td><td>1</td>"), page.npos);
    EXPECT_EQ(page.find("<b>"), page.npos);
    EXPECT_NE(page.find("<td>median</td><td>≤ 0.0025 s</td>"), page.npos);
    EXPECT_NE(page.find("<td>99th percentile</td><td>&gt; 30 s</td>"), page.npos);
}

TEST(StatusFormats, AFigureWithoutSamplesIsStillShown) {
    const std::vector<Group> figures{{"Caches", {{Kind::counter, "evicted_total", "Evicted"}}}};
    EXPECT_NE(htmlText(figures).find("<td>none</td><td>0</td>"), std::string::npos);
    EXPECT_NE(prometheusText(figures).find("# TYPE private_image_evicted_total counter"),
              std::string::npos);
}

}  // namespace
}  // namespace private_image
