// XMP of a result: properties that no longer apply are removed in each notation, all others kept.
#include "render/xmp_packet.hpp"

#include <gtest/gtest.h>

namespace private_image {
namespace {

using namespace std::string_literals;

constexpr const char* rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

// A packet of one description, with these attributes and this content.
std::string packetOf(const std::string& attributes, const std::string& content = {}) {
    return "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>"
           "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"" +
           std::string(rdf) +
           "\"><rdf:Description rdf:about=\"\" xmlns:tiff=\"http://ns.adobe.com/tiff/1.0/\" "
           "xmlns:exif='http://ns.adobe.com/exif/1.0/' "
           "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" " +
           attributes + "><dc:rights>Jane Roe &amp; \xC2\xA9</dc:rights>" + content +
           "</rdf:Description></rdf:RDF></x:xmpmeta>\n  \n<?xpacket end=\"w\"?>";
}

std::string kept(const std::string& packet, const XmpChanges& changes = {}) {
    return xmpOfResult(packet, changes);
}

void expectRemoved(const std::string& packet, const std::string& word) {
    ASSERT_NE(packet.find(word), packet.npos) << packet;
    const std::string result = kept(packet);
    EXPECT_EQ(result.find(word), result.npos) << result;
    EXPECT_NE(result.find("<dc:rights>Jane Roe &amp; \xC2\xA9</dc:rights>"), result.npos) << result;
    EXPECT_NE(result.find("<?xpacket end=\"w\"?>"), result.npos) << result;
    EXPECT_EQ(kept(result), result);  // nothing is left to remove
}

TEST(Xmp, PropertiesThatApplyKeepEveryByte) {
    for (const std::string& packet :
         {packetOf(""), packetOf("dc:source='a &#x26; b'", "<!-- 6 --><dc:x></dc:x><dc:y/>"),
          packetOf("tiff:Make=\"Camera\" exif:FNumber='28/10'", "<dc:x><![CDATA[<6>]]></dc:x>")}) {
        EXPECT_EQ(kept(packet), packet);
    }
}

TEST(Xmp, OrientationIsRemovedInEachNotation) {
    const std::string other = "xmlns:other='http://ns.adobe.com/tiff/1.0/'";
    const std::string packets[] = {
        packetOf("tiff:Orientation=\"6\""),
        packetOf("tiff:Orientation='6'"),
        packetOf("tiff:Orientation\n = \n\"6\""),
        packetOf("tiff:Orientation=\"&#54;\""),
        packetOf(other + " other:Orientation=\"6\""),
        packetOf("other:Orientation=\"6\" " + other),  // the prefix is declared after its use
        packetOf("xmlns:o=\"http://ns.adobe.com/&#116;iff/1.0/\" o:Orientation=\"6\""),
        packetOf("", "<tiff:Orientation>6</tiff:Orientation>"),
        packetOf("", "<tiff:Orientation >6</tiff:Orientation\n>"),
        packetOf("", "<tiff:Orientation rdf:datatype='x'><![CDATA[6]]></tiff:Orientation>"),
        packetOf("",
                 "<tiff:Orientation rdf:parseType=\"Resource\"><rdf:value>6</rdf:value>"
                 "<dc:q>q</dc:q></tiff:Orientation>"),
        packetOf("", "<tiff:Orientation><rdf:Description rdf:value=\"6\"/></tiff:Orientation>"),
        packetOf("", "<tiff:Orientation rdf:resource=\"6\"/>"),
        packetOf("", "<Orientation xmlns=\"http://ns.adobe.com/tiff/1.0/\">6</Orientation>"),
        packetOf("", "<o:Orientation xmlns:o=\"http://ns.adobe.com/tiff/1.0/\">6</o:Orientation>"),
        packetOf("", "<dc:a xmlns:dc='http://ns.adobe.com/tiff/1.0/' dc:Orientation='6'/>"),
        packetOf("exif:Orientation=\"6\""),
    };
    for (const std::string& packet : packets) {
        expectRemoved(packet, "Orientation");
    }
}

TEST(Xmp, NamesOfOtherNamespacesAreKept) {
    const std::string packet =
        packetOf("xmlns:mine=\"http://example.com/\" mine:Orientation=\"6\" tiff:Orientation=\"6\"",
                 "<mine:ImageWidth>6</mine:ImageWidth><dc:a xmlns:tiff='http://example.com/' "
                 "tiff:Orientation='6'/>");
    const std::string result = kept(packet);
    EXPECT_NE(result.find(" mine:Orientation=\"6\""), result.npos) << result;
    EXPECT_NE(result.find("<mine:ImageWidth>6</mine:ImageWidth>"), result.npos) << result;
    EXPECT_NE(result.find(" tiff:Orientation=\"6\"/>"), result.npos) << result;
    EXPECT_EQ(result.find("Orientation"), result.find("mine:Orientation") + 5) << result;
}

TEST(Xmp, ReferencesToOtherPartsOfTheFileAreRemoved) {
    expectRemoved(packetOf("xmlns:xmpNote=\"http://ns.adobe.com/xmp/note/\" "
                           "xmpNote:HasExtendedXMP=\"0123\""),
                  ":HasExtendedXMP");
    expectRemoved(packetOf("xmlns:g='http://ns.google.com/photos/1.0/camera/' g:MotionPhoto='1' "
                           "g:MotionPhotoVersion='1' g:MicroVideoOffset='99'"),
                  "g:M");
    expectRemoved(packetOf("xmlns:hdrgm='http://ns.adobe.com/hdr-gain-map/1.0/' "
                           "hdrgm:Version='1.0'"),
                  "hdrgm:Version");
    expectRemoved(
        packetOf("xmlns:Container='http://ns.google.com/photos/1.0/container/' "
                 "xmlns:Item='http://ns.google.com/photos/1.0/container/item/'",
                 "<Container:Directory><rdf:Seq><rdf:li rdf:parseType='Resource'><Container:Item "
                 "Item:Semantic='Primary'/></rdf:li></rdf:Seq></Container:Directory>"),
        "Semantic");
    expectRemoved(packetOf("xmlns:xmp='http://ns.adobe.com/xap/1.0/' "
                           "xmlns:xmpGImg='http://ns.adobe.com/xap/1.0/g/img/'",
                           "<xmp:Thumbnails><rdf:Alt><rdf:li rdf:parseType='Resource'>"
                           "<xmpGImg:image>/9j/</xmpGImg:image></rdf:li></rdf:Alt>"
                           "</xmp:Thumbnails>"),
                  "/9j/");
}

TEST(Xmp, SizesAndRegionsOfTheSourceAreRemoved) {
    for (const std::string name : {"tiff:ImageWidth", "tiff:ImageLength", "exif:PixelXDimension",
                                   "exif:PixelYDimension", "exif:ColorSpace"}) {
        expectRemoved(packetOf(name + "=\"6000\""), name);
        expectRemoved(packetOf("", "<" + name + ">6000</" + name + ">"), name);
    }
    expectRemoved(packetOf("xmlns:r='http://www.metadataworkinggroup.com/schemas/regions/'",
                           "<r:Regions rdf:parseType='Resource'/>"),
                  "Regions");
}

TEST(Xmp, DensityColoursAndTypeAreKeptIfTheyApply) {
    const std::string packet =
        packetOf("tiff:XResolution='72/1' exif:ColorSpace='2' dc:format='image/jpeg'");
    EXPECT_EQ(kept(packet, {false, false, false}), packet);
    const auto lacks = [&](const char* name, const XmpChanges& changes) {
        return kept(packet, changes).find(name) == std::string::npos;
    };
    EXPECT_TRUE(lacks("XResolution", {true, false, false}));
    EXPECT_TRUE(lacks("ColorSpace", {false, true, false}));
    EXPECT_TRUE(lacks("format", {false, false, true}));
}

std::string utf16(const std::string& ascii, bool isBigEndian) {
    std::string out;
    for (const char c : ascii) {
        out += isBigEndian ? std::string{'\0', c} : std::string{c, '\0'};
    }
    return out;
}

TEST(Xmp, Utf16IsRead) {
    const std::string packet =
        "<a xmlns:t='http://ns.adobe.com/tiff/1.0/' t:Orientation='6' b='7'/>";
    for (const bool isBigEndian : {false, true}) {
        const std::string mark = isBigEndian ? "\xFE\xFF" : "\xFF\xFE";
        for (const std::string& text :
             {utf16(packet, isBigEndian), mark + utf16(packet, isBigEndian)}) {
            const std::string result = kept(text);
            EXPECT_NE(result.find("b=\"7\""), result.npos);
            EXPECT_EQ(result.find("Orientation"), result.npos);
        }
    }
}

TEST(Xmp, ValuesKeepTheirMeaning) {
    const std::string result =
        kept(packetOf("tiff:Orientation='6' dc:a='1 &lt; \"2\" &#10;&#9; &amp;amp;'",
                      "<dc:b>&lt;&#13;&gt;<![CDATA[&<]]></dc:b><dc:c></dc:c><!-- a --><dc:d/>"));
    EXPECT_NE(result.find("dc:a=\"1 &lt; &quot;2&quot; &#10;&#9; &amp;amp;\""), result.npos)
        << result;
    EXPECT_NE(result.find("<dc:b>&lt;&#13;&gt;&amp;&lt;</dc:b><dc:c></dc:c><!-- a --><dc:d/>"),
              result.npos)
        << result;
}

TEST(Xmp, PaddingAndByteOrderMarksAreAccepted) {
    const std::string packet = packetOf("");
    EXPECT_EQ(kept(packet + std::string(9, '\0')), packet);
    EXPECT_EQ(kept("\xEF\xBB\xBF" + packet), packet);
}

TEST(Xmp, UnreadablePacketsAreDropped) {
    std::string deep, bindings;
    for (int i = 0; i < 60'000; ++i) {
        deep += "<a>";
    }
    for (int i = 0; i < 1000; ++i) {
        bindings += " xmlns:p" + std::to_string(i) + "='u'";
    }
    const std::string packets[] = {
        "",
        "garbage",
        "<a",
        "<a></b>",
        "<a b='&unknown;'/>",
        "<a b='1'>\xFF</a>",
        "<!DOCTYPE a [<!ENTITY e '6'>]><a/>",
        "<!DOCTYPE a><a/>",
        "<a" + bindings + "/>",
        deep,
        "<a>" + std::string(300'000, ' ') + "</a>",
        "<a>" + std::string(70'000, ' ') + "</a>",
        utf16("<a", false) + "\xD8",
        "\xFF\xFE\x00\xD8"s,
        std::string("0123456789ABCDEF0123456789ABCDEF\0\0\0\0", 36),
    };
    for (const std::string& packet : packets) {
        EXPECT_EQ(kept(packet), "") << packet.substr(0, 40);
    }
}

}  // namespace
}  // namespace private_image
