#include "status/formats.hpp"

namespace private_image {
namespace {

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

// The smallest bucket bound that at least this share of the times does not exceed.
std::string within(const Distribution& all, double share) {
    const double wanted = share * static_cast<double>(all.count);
    for (std::size_t i = 0; i < all.upTo.size(); i++) {
        if (static_cast<double>(all.upTo[i]) >= wanted) {
            return "≤ " + boundText(bucketBounds[i]) + " s";
        }
    }
    return "> " + boundText(bucketBounds.back()) + " s";
}

std::string htmlHistogram(const Figure& figure) {
    const Distribution& all = *figure.distribution;
    std::string text = htmlRow(figure.help, "number", std::to_string(all.count));
    if (all.count != 0) {
        text +=
            htmlRow(figure.help, "mean", numberText({all.milliseconds / all.count, true}) + " s") +
            htmlRow(figure.help, "median", within(all, 0.5)) +
            htmlRow(figure.help, "99th percentile", within(all, 0.99));
    }
    return text;
}

// Omits counters that have labels and are zero.
std::string htmlSamples(const Figure& figure) {
    std::string text;
    for (const Sample& sample : figure.samples) {
        if (figure.kind == Figure::Kind::counter && !figure.isPlain() && sample.number.value == 0) {
            continue;
        }
        std::string of;
        for (const auto& [name, value] : sample.labels) {
            of.append(of.empty() ? "" : ", ").append(name).append(" ").append(value);
        }
        text += htmlRow(figure.help, of, numberText(sample.number));
    }
    return text.empty() ? htmlRow(figure.help, "none", "0") : text;
}

}  // namespace

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
