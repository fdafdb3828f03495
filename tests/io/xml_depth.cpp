#include "io/xml_depth.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace forerun;

TEST_CASE("elements within one another are counted where they are most", "[unit]") {
  CHECK(xml_depth("") == 0);
  CHECK(xml_depth("no element > here") == 0);
  CHECK(xml_depth("<a/>") == 1);
  CHECK(xml_depth("<a><b/><b/></a><a/>") == 2);
  CHECK(xml_depth("<a x='1'><b><c y=\"2\"/></b></a>") == 3);
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "<zone id='z'>\n";
  CHECK(xml_depth(deep) == 5000);
}

TEST_CASE("what holds no element adds no depth", "[unit]") {
  CHECK(xml_depth("<?xml version='1.0'?><!DOCTYPE a SYSTEM \"b.dtd\"><a/>") == 1);
  CHECK(xml_depth("<a><!-- <b><c><d> --></a>") == 1);
  CHECK(xml_depth("<a><![CDATA[<b><c>]]></a>") == 1);
  CHECK(xml_depth("<a x='<b><c>' y=\"/>\"><d/></a>") == 2);
}

TEST_CASE("a text that breaks off, or ends what never began, is counted to its end", "[unit]") {
  CHECK(xml_depth("</a></a><b><c>") == 2);
  CHECK(xml_depth("<a><b x='") == 2);
  CHECK(xml_depth("<a><!-- ") == 1);
  CHECK(xml_depth("<a><") == 2);
}
