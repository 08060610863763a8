// Removes, repeats and moves whole items of an input. Changes that ignore where items end would
// mostly make a long chain invalid.
#pragma once

#include <random>
#include <vector>

#include "fuzzing.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t longest);

namespace private_image::fuzzing {

// Each item with the separator before it.
inline std::vector<std::string> itemsOf(std::string_view input) {
    std::vector<std::string> items;
    while (!input.empty()) {
        const std::size_t end = std::min(input.find_first_of(",:\n", 1), input.size());
        items.emplace_back(input.substr(0, end));
        input.remove_prefix(end);
    }
    return items;
}

inline std::string mutatedItems(std::string_view input, unsigned seed) {
    std::minstd_rand random(seed);
    const auto upTo = [&random](std::size_t last) { return random() % (last + 1); };
    std::vector<std::string> items = itemsOf(input);
    if (items.empty()) {
        return {};
    }
    const auto at = [&items](std::size_t place) {
        return items.begin() + static_cast<std::ptrdiff_t>(place);
    };
    const std::size_t from = upTo(items.size() - 1);
    const std::size_t to = std::min(from + 1 + upTo(7), items.size());
    const std::vector<std::string> some(at(from), at(to));
    if (upTo(2) == 0) {
        items.erase(at(from), at(to));
    } else {
        const std::size_t place = upTo(1) == 0 ? to : upTo(items.size());
        items.insert(at(place), some.begin(), some.end());
    }
    std::string mutated;
    for (const std::string& item : items) {
        mutated += item;
    }
    return mutated;
}

// Every second change is one of libFuzzer's own.
inline std::size_t mutateItems(std::uint8_t* data, std::size_t size, std::size_t longest,
                               unsigned seed) {
    const std::string mutated = seed % 2 == 0 ? mutatedItems(textOf(data, size), seed) : "";
    if (mutated.empty() || mutated.size() > longest) {
        return LLVMFuzzerMutate(data, size, longest);
    }
    std::ranges::copy(mutated, data);
    return mutated.size();
}

}  // namespace private_image::fuzzing
