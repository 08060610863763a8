#include "tools/layer_files.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "dialect/parsed_request.hpp"
#include "tools/command.hpp"
#include "tools/files.hpp"

namespace private_image::tools {
namespace {

namespace fs = std::filesystem;

bool isBelow(const fs::path& root, const fs::path& file) {
    const auto end = std::mismatch(root.begin(), root.end(), file.begin(), file.end()).first;
    return end == root.end();
}

// The path of a layer's file with links resolved. `root` is canonical.
Result<std::string, std::string> locate(const fs::path& root, const std::string& path) {
    if (const std::string_view error = pathError(path); !error.empty()) {
        return Error{std::string(error)};
    }
    std::error_code problem;
    const fs::path file = fs::canonical(root / fs::path(path).relative_path(), problem);
    if (problem) {
        return Error{problem.message()};
    }
    if (!isBelow(root, file)) {
        return Error{std::string("it leads out of --layer-root")};
    }
    return file.string();
}

Result<std::string, std::string> readLayer(const fs::path& root, const std::string& path,
                                           std::size_t maxSize) {
    const auto file = locate(root, path);
    if (!file) {
        return Error{file.error()};
    }
    auto content = readFile(*file, maxSize);
    if (!content) {
        return Error{content.error()};
    }
    return std::move(content->bytes);
}

}  // namespace

Result<std::vector<std::string>, std::string> readLayers(const Transform& transform,
                                                         const std::string& root,
                                                         std::size_t maxSize) {
    std::vector<std::string> contents;
    const std::vector<const Layer*> layers = imageLayers(transform);
    if (!layers.empty() && root.empty()) {
        return Error{"layer " + inQuotes(layers.front()->path) +
                     ": write --layer-root and the folder below which layers are looked up"};
    }
    std::error_code problem;
    const fs::path folder = layers.empty() ? fs::path() : fs::canonical(root, problem);
    if (problem) {
        return Error{"--layer-root \"" + printable(root) + "\": " + problem.message()};
    }
    for (const Layer* layer : layers) {
        auto bytes = readLayer(folder, layer->path, maxSize);
        if (!bytes) {
            return Error{"cannot read layer " + inQuotes(layer->path) + ": " + bytes.error()};
        }
        maxSize -= bytes->size();
        contents.push_back(std::move(*bytes));
    }
    return contents;
}

}  // namespace private_image::tools
