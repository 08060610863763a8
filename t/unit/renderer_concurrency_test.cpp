// Renders in parallel threads, as in a worker. Texts drawn with Pango, SVGs and animations are the
// same as when rendered alone, even if other renders are stopped meanwhile.
#include <atomic>
#include <chrono>
#include <thread>

#include "pictures.hpp"
#include "render/steps/image.hpp"

namespace private_image {
namespace {

using namespace pictures;

class Concurrency : public pictures::Test {};

struct Task {
    std::string source;
    Transform transform;
};

Layer label(const std::string& characters, double size) {
    Layer layer;
    layer.kind = Layer::Kind::text;
    layer.text.characters = characters;
    layer.text.size = Quantity{size, {}};
    return layer;
}

Step turned(double degrees) {
    Step step = boxed(40, 40, Fit::inside);
    step.rotation = degrees;
    return step;
}

Step bent(double degrees) {
    Step step = boxed(50, 50, Fit::cover);
    step.distort.emplace();
    step.distort->kind = Distort::Kind::arc;
    step.distort->degrees = degrees;
    return step;
}

std::vector<Task> everyTask() {
    const std::string moving = gif(animation(
        40, 30, {plain(red), plain(green), quadrants(40, 30), plain(blue)}, {50, 50, 50, 50}, 0));
    const std::string still = png(paint(64, 32, 3, quadrants(64, 32)));
    const std::string drawing =
        "<svg xmlns='http://www.w3.org/2000/svg' width='64' height='32'>"
        "<text y='20'>abc</text><rect width='32' height='16' fill='#f00'/></svg>";
    std::vector<Task> tasks{{moving, as(Format::gif, {turned(33)})},
                            {moving, as(Format::webp, {bent(40)})},
                            {drawing, as(Format::png, {boxed(90, 45, Fit::inside)})}};
    // Sizes and characters for which Pango must search fonts again.
    for (int size = 8; size < 40; size += 4) {
        Step step = boxed(80, 60, Fit::pad);
        step.layers = {label("Hello \xe8\xaa\x9e \xd7\xa9 b", size), label("W", size + 0.5)};
        tasks.push_back({still, as(Format::png, {step})});
    }
    return tasks;
}

std::string bytesOf(const Task& task) {
    const RenderOutcome outcome = renderOf(task.source, task.transform);
    endVipsJob();
    if (!outcome.rendered) {
        return "failed: " + outcome.detail;
    }
    const EncodedBytes& bytes = outcome.rendered->bytes;
    return {reinterpret_cast<const char*>(bytes.data.get()), bytes.size};
}

TEST_F(Concurrency, ParallelRendersEqualThoseMadeAlone) {
    constexpr std::size_t threads = 4, rounds = 3;
    const std::vector<Task> tasks = everyTask();
    std::vector<std::string> alone;
    for (const Task& task : tasks) {
        alone.push_back(bytesOf(task));
        EXPECT_EQ(alone.back().rfind("failed", 0), std::string::npos) << alone.back();
    }
    std::atomic<int> different{0};
    std::vector<std::thread> running;
    for (std::size_t thread = 0; thread < threads; ++thread) {
        running.emplace_back([&, thread] {
            for (std::size_t i = 0; i < rounds * tasks.size(); ++i) {
                const std::size_t which = (i + thread * 3) % tasks.size();
                different += bytesOf(tasks[which]) != alone[which];
            }
        });
    }
    for (std::thread& thread : running) {
        thread.join();
    }
    EXPECT_EQ(different, 0);
}

// Renders for seconds.
Task slowTask() {
    Step step = boxed(6500, 6500, Fit::stretch);
    step.effects = {Blur{16}};
    return {png(paint(500, 500, 3, quadrants(500, 500))), as(Format::png, {step})};
}

// The outcome of a render that is cancelled, or whose deadline passes, after the given time.
RenderProblem problemOfStopped(const Task& task, std::chrono::milliseconds after, bool isByClient) {
    const RenderSettings location = settings();
    std::atomic<bool> cancelled{false};
    RenderInput input;
    input.source = view(task.source);
    input.transform = &task.transform;
    input.settings = &location;
    input.cancelled = &cancelled;
    const auto end = std::chrono::steady_clock::now() + after;
    input.deadline = isByClient ? std::chrono::steady_clock::time_point::max() : end;
    std::thread eventLoop([&] {
        std::this_thread::sleep_until(end);
        cancelled = isByClient;
    });
    const RenderOutcome outcome = render(input);
    endVipsJob();
    eventLoop.join();
    return outcome.rendered ? RenderProblem::internal : outcome.problem;
}

// Without one lock for both, Debian 12's liborc ends the process within a second.
TEST_F(Concurrency, LoopsAreCompiledAndFreedInParallel) {
    std::atomic<int> missing{0};
    const auto shrink = [&](std::uint32_t first) {
        VipsImage* black = nullptr;
        vips_black(&black, 64, 64, "bands", 3, nullptr);
        const Image source(black);
        for (std::uint32_t i = 0; i < 2000; ++i) {
            const double side = 20 + (first + i) % 40;
            missing += applyCompiled(vips_resize, source, side / 64) ? 0 : 1;
        }
    };
    std::vector<std::thread> threads;
    for (std::uint32_t i = 0; i < 4; ++i) {
        threads.emplace_back(shrink, 10 * i);
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(missing, 0);
}

TEST_F(Concurrency, StoppedRendersDisturbNoOthers) {
    constexpr int milliseconds[] = {0, 1, 3, 10, 30, 100};
    const std::vector<Task> tasks = everyTask();
    const Task slow = slowTask();
    std::atomic<int> unexpected{0};
    std::atomic<bool> isOver{false};
    const auto stop = [&](bool isByClient) {
        for (const int after : milliseconds) {
            const RenderProblem met =
                problemOfStopped(slow, std::chrono::milliseconds(after), isByClient);
            unexpected += met != (isByClient ? RenderProblem::cancelled : RenderProblem::timeout);
        }
    };
    std::thread other([&] {
        for (std::size_t i = 0; !isOver; i = (i + 1) % tasks.size()) {
            unexpected += bytesOf(tasks[i]) != bytesOf(tasks[i]);
        }
    });
    std::thread byClient([&] { stop(true); });
    stop(false);
    byClient.join();
    isOver = true;
    other.join();
    EXPECT_EQ(unexpected, 0);
}

// libvips has one buffer of errors for the process.
TEST_F(Concurrency, NoRenderReportsTheErrorOfAnother) {
    constexpr int rounds = 40;
    const Image image = paint(200, 100, 3, quadrants(200, 100));
    const std::pair<std::string, const char*> damaged[] = {{jpeg(image).substr(0, 900), "JPEG"},
                                                           {png(image).substr(0, 150), "png"},
                                                           {tiff(image).substr(0, 300), "TIFF"},
                                                           {webp(image).substr(0, 60), "webp"}};
    std::vector<std::string> details[4];
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&, thread] {
            for (int round = 0; round < rounds; ++round) {
                details[thread].push_back(renderOf(damaged[thread].first, toPng({})).detail);
                endVipsJob();
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    for (int thread = 0; thread < 4; ++thread) {
        // The message of the same render alone shows which words belong to it.
        const std::string alone = renderOf(damaged[thread].first, toPng({})).detail;
        endVipsJob();
        EXPECT_EQ(alone.find("no error text"), alone.npos) << alone;
        for (const std::string& detail : details[thread]) {
            EXPECT_TRUE(detail == alone || detail.find("no error text") != detail.npos)
                << damaged[thread].second << ": " << detail;
        }
    }
}

TEST_F(Concurrency, ASingleRenderReportsItsOwnErrorOnly) {
    const std::string file = png(paint(20, 20, 3, quadrants(20, 20))).substr(0, 60);
    const std::string alone = renderOf(file, toPng({})).detail;
    vips_error("another", "what was left behind");
    EXPECT_EQ(renderOf(file, toPng({})).detail, alone);
    EXPECT_NE(alone, "");
}

}  // namespace
}  // namespace private_image
