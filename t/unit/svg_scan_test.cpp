// scanSvg() refuses drawings that librsvg would draw for minutes, and accepts ordinary drawings.
#include "render/svg_scan.hpp"

#include "pictures.hpp"

namespace private_image {
namespace {

using namespace pictures;

std::string drawing(const std::string& content) {
    return "<svg xmlns='http://www.w3.org/2000/svg' width='64' height='32'>" + content + "</svg>";
}

std::string repeated(const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

bool isRefused(const std::string& document) {
    return !scanSvg(view(document)).refusal.empty();
}

std::string refusalOf(const std::string& document) {
    return std::string(scanSvg(view(document)).refusal);
}

TEST(SvgScan, RefusesElementsThatMultiplyWork) {
    for (const char* content : {"<filter id='f'/>",
                                "<rect style='filter:blur(9px)'/>",
                                "<rect filter='url(#f)'/>",
                                "<FILTER/>",
                                "<s:filter/>",
                                "<feTurbulence/>",
                                "<use href='#a'/>",
                                "<s:use/>",
                                "<pattern/>",
                                "<image/>",
                                "<mask/>",
                                "<rect mask='url(#m)'/>",
                                "<marker/>",
                                "<xi:include href='#a'/>",
                                "<foreignObject/>",
                                "<svg/>",
                                "<use\n/>",
                                "<style>@import url(#a);</style>",
                                "<style>a{fil\\74 er:none}</style>",
                                "<style>a{fil&#116;er:none}</style>",
                                "<rect style='fil&#116;er:blur(9px)'/>",
                                "<style><![CDATA[ /* </style */ a{clip-path:url(#c)} ]]></style>",
                                "<rect stroke-dasharray='1'/>",
                                "<rect style='stroke-dasharray: 1'/>"}) {
        EXPECT_TRUE(isRefused(drawing(content))) << content;
    }
}

TEST(SvgScan, RefusesReferencesToOtherDocuments) {
    for (const char* content :
         {"<linearGradient href='other.svg#a'/>", "<linearGradient xlink:href = \"file:///a\"/>",
          "<rect fill='url(other.svg#a)'/>", "<rect fill=\"url( 'http://a/b#c')\"/>",
          "<rect fill='url(data:image/svg+xml,x#a)'/>", "<rect fill='url('/>"}) {
        EXPECT_TRUE(isRefused(drawing(content))) << content;
    }
}

TEST(SvgScan, RefusesEntitiesAndOtherEncodings) {
    EXPECT_TRUE(isRefused("<!DOCTYPE svg [<!ENTITY a 'b'>]>" + drawing("&a;")));
    EXPECT_TRUE(isRefused("<!DOCTYPE svg [ ]>" + drawing("")));
    EXPECT_TRUE(isRefused("<?xml version='1.0' encoding='UTF-7'?>" + drawing("")));
    EXPECT_TRUE(isRefused("<?xml version='1.0' encoding='utf-16'?>" + drawing("")));
    EXPECT_TRUE(isRefused("<?xml-stylesheet href='#a'?>" + drawing("")));
    // "none" makes a property harmless, but nothing else.
    EXPECT_TRUE(isRefused("<?xml-stylesheet none href='#a'?>" + drawing("")));
    EXPECT_TRUE(isRefused("<!ENTITY none 'b'>" + drawing("")));
    EXPECT_TRUE(isRefused(drawing("<style>@import 'none.css';</style>")));
    EXPECT_TRUE(isRefused(drawing("<a b='data: none'/>")));
    EXPECT_TRUE(isRefused("\xFF\xFE" + drawing("")));
    EXPECT_TRUE(isRefused("\xFE\xFF" + drawing("")));
    EXPECT_TRUE(isRefused(drawing(std::string(1, '\0'))));
}

TEST(SvgScan, LimitsSizeElementsAndDepth) {
    EXPECT_FALSE(isRefused(drawing(repeated(" ", 900'000))));
    EXPECT_TRUE(isRefused(drawing(repeated(" ", 1'000'000))));
    EXPECT_FALSE(isRefused(drawing(repeated("<g/>", 9'999))));
    EXPECT_TRUE(isRefused(drawing(repeated("<g/>", 10'000))));
    EXPECT_FALSE(isRefused(drawing(repeated("<g>", 31) + repeated("</g>", 31))));
    EXPECT_TRUE(isRefused(drawing(repeated("<g>", 32) + repeated("</g>", 32))));
}

TEST(SvgScan, LimitsPaths) {
    const auto path = [](int points) { return "<path d='" + repeated("L1 2", points) + "'/>"; };
    EXPECT_FALSE(isRefused(drawing(path(4'990))));
    EXPECT_TRUE(isRefused(drawing(path(5'010))));
    EXPECT_FALSE(isRefused(drawing(repeated(path(500), 99))));
    EXPECT_TRUE(isRefused(drawing(repeated(path(500), 101))));
    EXPECT_TRUE(isRefused(drawing("<polygon points='" + repeated("1-2,", 5'100) + "'/>")));
}

TEST(SvgScan, LimitsClipPathsAndRefusesNestedOnes) {
    const std::string clip = "<clipPath id='c'><rect width='9'/></clipPath>";
    EXPECT_FALSE(isRefused(drawing(clip + "<g clip-path='url(#c)'/>")));
    EXPECT_TRUE(isRefused(drawing("<clipPath id='c'><g clip-path='url(#d)'/></clipPath>")));
    EXPECT_TRUE(isRefused(drawing("<style>g{clip-path:url(#c)}</style>" + clip + "<g/>")));
    EXPECT_TRUE(isRefused(drawing("<clipPath>" + repeated("<g/>", 200) + "</clipPath>" +
                                  repeated("<g clip-path='url(#c)'/>", 200))));
}

TEST(SvgScan, AcceptsOrdinaryDrawings) {
    EXPECT_EQ(refusalOf("\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
                        "<!-- a < b --><!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" "
                        "\"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">" +
                        drawing("<defs><linearGradient id='a'/><linearGradient id='b' "
                                "xlink:href='#a'/></defs><a href='http://example.com/'/>"
                                "<style><![CDATA[.c{fill:url(#a)}]]></style>"
                                "<rect style=\"fill:url(&quot;#b&quot;);stroke-dasharray:none;"
                                "filter: none\" mask='none'/><text>1 &lt; 2</text>")),
              "");
    EXPECT_FALSE(isRefused(drawing("<text>&#169; \\</text>")));
    EXPECT_EQ(scanSvg(view(drawing("<g><rect/></g><!-- <rect/> -->"))).elements, 3u);
}

class SvgRender : public pictures::Test {};

TEST_F(SvgRender, ARefusedDrawingIsAnUnsupportedType) {
    const RenderOutcome outcome = renderOf(drawing("<filter id='f'/>"), as(Format::png));
    EXPECT_FALSE(outcome.rendered);
    EXPECT_EQ(outcome.problem, RenderProblem::unsupportedType);
    EXPECT_NE(outcome.detail.find("drawing"), std::string::npos) << outcome.detail;
}

TEST_F(SvgRender, LimitsElementsTimesPixels) {
    const std::string many = drawing(repeated("<rect width='64' height='32'/>", 2'000));
    EXPECT_TRUE(renderOf(many, as(Format::png, {boxed(64, 32, Fit::inside)})).rendered);
    const RenderOutcome outcome = renderOf(many, as(Format::png, {boxed(2000, 1000, Fit::inside)}));
    EXPECT_FALSE(outcome.rendered);
    EXPECT_EQ(outcome.problem, RenderProblem::outputTooLarge);
}

TEST(SvgScan, IgnoresCommentsBeforeTheRoot) {
    const std::string licence = "<!-- filter, mask, data:, @import, <!ENTITY, url(http://x) -->";
    EXPECT_EQ(refusalOf(licence + drawing("<rect/>")), "");
    EXPECT_EQ(refusalOf("\xEF\xBB\xBF<?xml version='1.0'?>\n" + licence + "<?editor x?>\n" +
                        licence + drawing("<rect/>")),
              "");
    EXPECT_TRUE(isRefused(drawing(licence)));
    EXPECT_TRUE(isRefused("<!-- " + drawing("<filter/>")));
    EXPECT_TRUE(isRefused("<!-- --><?xml-stylesheet href='a.css'?>" + drawing("")));
    EXPECT_TRUE(isRefused("<!-- --><!DOCTYPE svg [ <!-- --> <!ENTITY a 'b'> ]>" + drawing("")));
    EXPECT_TRUE(isRefused("<![CDATA[ <!-- ]]>" + drawing("<filter/>") + "<!-- -->"));
}

}  // namespace
}  // namespace private_image
