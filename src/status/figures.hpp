// The figures of the status page: named numbers, in groups.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace private_image {

// Upper bounds of the buckets of a histogram, in seconds: 1 ms to 30 s.
inline constexpr std::array<double, 14> bucketBounds{.001, .0025, .005, .01, .025, .05, .1,
                                                     .25,  .5,    1,    2.5, 5,    10,  30};

// The first bucket with room for that time; bucketBounds.size() if the time is above all bounds.
std::size_t bucketOf(std::uint64_t milliseconds);

struct Number {
    std::uint64_t value = 0;
    bool isMilliseconds = false;  // then it is written in seconds
};

// "42", or seconds with three decimals: "1.500".
std::string numberText(Number number);

// A bucket's bound, the shortest text that reads as the same number: "0.0025", "1".
std::string boundText(double seconds);

struct Sample {
    std::vector<std::pair<std::string_view, std::string>> labels;  // in printable ASCII
    Number number;
};

struct Distribution {
    std::array<std::uint64_t, bucketBounds.size()> upTo;  // cumulative
    std::uint64_t count;
    std::uint64_t milliseconds;  // their sum
};

struct Figure {
    enum class Kind : std::uint8_t { counter, gauge, histogram };

    Kind kind;
    std::string_view name;  // without the prefix private_image_
    std::string_view help;
    std::vector<Sample> samples = {};               // of a counter or gauge
    std::optional<Distribution> distribution = {};  // of a histogram

    bool isPlain() const { return samples.size() == 1 && samples.front().labels.empty(); }
};

struct Group {
    std::string_view title;
    std::vector<Figure> figures;
};

// A label's value in printable ASCII: other bytes and "%" are percent-encoded. A name of the
// configuration, such as that of a key's file, may have any bytes; different names stay different.
std::string printableLabel(std::string_view name);

}  // namespace private_image
