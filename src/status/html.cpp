#include "nginx/endpoints/status_text.hpp"

#include <array>
#include <charconv>

#include "nginx/host/quoted_text.hpp"

namespace private_image {
namespace {

// Not printf's, which would follow the locale.
std::string decimalText(double number) {
    std::array<char, 32> text;
    const auto end = std::to_chars(text.begin(), text.end(), number, std::chars_format::fixed);
    return {text.begin(), end.ptr};
}

// ------------------------------------------------------------------ Prometheus

std::string labelsText(const Sample& sample) {
    std::string text;
    for (const auto& [name, value] : sample.labels) {
        text += text.empty() ? "{" : ",";
        text.append(name).append("=").append(quotedText(value));
    }
    return text.empty() ? text : text + '}';
}

std::string prometheusHistogram(const std::string& name, const Distribution& all) {
    std::string text;
    for (std::size_t i = 0; i < all.upTo.size(); i++) {
        text += name + "_bucket{le=\"" + decimalText(Histogram::bounds[i]) + "\"} " +
                std::to_string(all.upTo[i]) + '\n';
    }
    const std::string count = std::to_string(all.count) + '\n';
    return text + name + "_bucket{le=\"+Inf\"} " + count + name + "_sum " +
           secondsText(all.milliseconds) + '\n' + name + "_count " + count;
}

// ------------------------------------------------------------------ JSON

std::string jsonHistogram(const Distribution& all) {
    std::string buckets;
    for (std::size_t i = 0; i < all.upTo.size(); i++) {
        buckets +=
            '"' + decimalText(Histogram::bounds[i]) + "\": " + std::to_string(all.upTo[i]) + ", ";
    }
    const std::string count = std::to_string(all.count);
    return "{\"buckets\": {" + buckets + "\"+Inf\": " + count +
           "}, \"sum\": " + secondsText(all.milliseconds) + ", \"count\": " + count + '}';
}

std::string jsonSamples(const Figure& figure) {
    std::string text;
    for (const Sample& sample : figure.samples) {
        text += text.empty() ? "\n    {" : ",\n    {";
        for (const auto& [name, value] : sample.labels) {
            text += quotedText(name) + ": " + quotedText(value) + ", ";
        }
        text += "\"value\": " + sample.value + '}';
    }
    return '[' + text + ']';
}

// ------------------------------------------------------------------ the page for people

std::string htmlEscaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '"':
                result += "&quot;";
                break;
            default:
                result += c;
        }
    }
    return result;
}

std::string htmlRow(std::string_view help, const std::string& of, const std::string& value) {
    return "<tr><th scope=\"row\">" + htmlEscaped(help) + "</th><td>" + htmlEscaped(of) +
           "</td><td>" + htmlEscaped(value) + "</td></tr>\n";
}

// The bound below which a share of them ended.
std::string within(const Distribution& all, double share) {
    const double wanted = share * static_cast<double>(all.count);
    for (std::size_t i = 0; i < all.upTo.size(); i++) {
        if (static_cast<double>(all.upTo[i]) >= wanted) {
            return "≤ " + decimalText(Histogram::bounds[i]) + " s";
        }
    }
    return "> " + decimalText(Histogram::bounds.back()) + " s";
}

std::string htmlHistogram(const Figure& figure) {
    const Distribution& all = *figure.distribution;
    std::string text = htmlRow(figure.help, "number", std::to_string(all.count));
    if (all.count != 0) {
        text += htmlRow(figure.help, "mean", secondsText(all.milliseconds / all.count) + " s") +
                htmlRow(figure.help, "half of them", within(all, 0.5)) +
                htmlRow(figure.help, "99 of 100", within(all, 0.99));
    }
    return text;
}

// Series that never counted anything are left to the machines.
std::string htmlSamples(const Figure& figure) {
    std::string text;
    for (const Sample& sample : figure.samples) {
        if (figure.kind == Figure::Kind::counter && !figure.isPlain() && sample.value == "0") {
            continue;
        }
        std::string of;
        for (const auto& [name, value] : sample.labels) {
            of.append(of.empty() ? "" : ", ").append(name).append(" ").append(value);
        }
        text += htmlRow(figure.help, of, sample.value);
    }
    return text.empty() ? htmlRow(figure.help, "none", "0") : text;
}

}  // namespace

std::string prometheusText(const std::vector<Group>& groups) {
    constexpr std::array<std::string_view, 3> kinds{"counter", "gauge", "histogram"};
    std::string text;
    for (const Group& group : groups) {
        for (const Figure& figure : group.figures) {
            const std::string name = "private_image_" + std::string(figure.name);
            text.append("# HELP " + name + ' ').append(figure.help).append(".\n# TYPE " + name);
            text.append(" ").append(kinds[static_cast<std::size_t>(figure.kind)]).append("\n");
            for (const Sample& sample : figure.samples) {
                text += name + labelsText(sample) + ' ' + sample.value + '\n';
            }
            if (figure.distribution) {
                text += prometheusHistogram(name, *figure.distribution);
            }
        }
    }
    return text;
}

std::string jsonText(const std::vector<Group>& groups) {
    std::string text;
    for (const Group& group : groups) {
        for (const Figure& figure : group.figures) {
            text += text.empty() ? "{\n  " : ",\n  ";
            text += quotedText("private_image_" + std::string(figure.name)) + ": ";
            if (figure.distribution) {
                text += jsonHistogram(*figure.distribution);
            } else {
                text += figure.isPlain() ? figure.samples.front().value : jsonSamples(figure);
            }
        }
    }
    return text + "\n}\n";
}

std::string htmlText(const std::vector<Group>& groups) {
    std::string text =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<title>Private images: status</title>\n<style>\n"
        "body { font: 1rem/1.5 sans-serif; max-width: 60rem; margin: auto; padding: 1rem }\n"
        "table { border-collapse: collapse; width: 100%; margin-bottom: 2rem }\n"
        "caption { font-size: 1.25rem; font-weight: bold; text-align: left }\n"
        "th, td { padding: .25rem .5rem; text-align: left; border-bottom: 1px solid #8888;"
        " overflow-wrap: anywhere }\n"
        "tbody th { font-weight: normal }\n"
        "th:last-child, td:last-child { text-align: right }\n"
        "</style>\n</head>\n<body>\n<h1>Private images</h1>\n";
    for (const Group& group : groups) {
        text += "<table>\n<caption>" + htmlEscaped(group.title) +
                "</caption>\n<thead><tr><th scope=\"col\">Figure</th><th scope=\"col\">Of</th>"
                "<th scope=\"col\">Value</th></tr></thead>\n<tbody>\n";
        for (const Figure& figure : group.figures) {
            text += figure.distribution ? htmlHistogram(figure) : htmlSamples(figure);
        }
        text += "</tbody>\n</table>\n";
    }
    return text + "</body>\n</html>\n";
}

}  // namespace private_image
