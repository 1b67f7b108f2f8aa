package dev.lifebound.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

class TerminalSvgTest {
  private static final String ESC = "\u001b";

  @Test
  void textBecomesWellFormedXmlWhateverItHolds() throws Exception {
    List<Element> texts = texts(TerminalSvg.draw("<&\">", "a < b && \"c\" '\u0001\u0000' ]]>"));
    assertThat(texts.getFirst().getTextContent()).isEqualTo("<&\">");
    assertThat(texts.get(1).getTextContent()).isEqualTo("a < b && \"c\" '' ]]>");
  }

  @Test
  void colours() throws Exception {
    List<Element> texts =
        texts(
            TerminalSvg.draw(
                "t",
                ESC
                    + "[1;31mred"
                    + ESC
                    + "[0m plain "
                    + ESC
                    + "[38;5;196mx"
                    + ESC
                    + "[38;2;1;2;300my"
                    + ESC
                    + "[2;39mfaint"
                    + ESC
                    + "[m"));
    assertThat(texts).hasSize(6);
    assertThat(texts.get(1).getAttribute("fill")).isEqualTo("#ff7b72");
    assertThat(texts.get(1).getAttribute("font-weight")).isEqualTo("bold");
    assertThat(texts.get(2).getAttribute("font-weight")).isEmpty();
    assertThat(texts.get(3).getAttribute("fill")).isEqualTo("#ff0000");
    assertThat(texts.get(4).getAttribute("fill")).isEqualTo("#0102ff");
    assertThat(texts.get(5).getAttribute("opacity")).isEqualTo("0.65");
  }

  @Test
  void progressThatWasOverwrittenIsNotSeen() {
    assertThat(shown("reading a.go\r" + ESC + "[Kdone\r\nnext\n\n"))
        .containsExactly("done", "next");
    assertThat(shown("abcdef\rXY\r\n")).containsExactly("XYcdef");
    assertThat(shown("ab\bC")).containsExactly("aC");
  }

  @Test
  void sequencesThatAreNoColoursShowNothing() {
    assertThat(
            shown(
                ESC
                    + "]0;title\u0007"
                    + ESC
                    + "[?25la"
                    + ESC
                    + "(Bb"
                    + ESC
                    + "]8;;x"
                    + ESC
                    + "\\c"))
        .containsExactly("abc");
    assertThat(shown("cut " + ESC + "[1;3")).containsExactly("cut ");
    assertThat(shown("end" + ESC)).containsExactly("end");
  }

  @Test
  void cellsAreCountedAsATerminalDoes() {
    TerminalScreen screen = TerminalScreen.of("\t|\n日本|\ne\u0301|\n🚀|\n┌─┐");
    assertThat(screen.lines())
        .extracting(line -> line.getFirst().cells())
        .containsExactly(9, 5, 2, 3, 3);
    assertThat(screen.columns()).isEqualTo(9);
  }

  @Test
  void reversedTextHasABackground() {
    String svg = TerminalSvg.draw("t", ESC + "[7m  x" + ESC + "[27m y");
    assertThat(svg).contains("<rect x=\"18.0\"", "width=\"25.2\" height=\"20\" fill=\"#e6edf3\"/>");
  }

  @Test
  void anEmptyTextIsAnEmptyWindow() throws Exception {
    assertThat(texts(TerminalSvg.draw("t", ""))).hasSize(1);
  }

  private static List<String> shown(String text) {
    return TerminalScreen.of(text).lines().stream()
        .map(line -> {
          StringBuilder joined = new StringBuilder();
          line.forEach(run -> joined.append(run.text()));
          return joined.toString();
        })
        .toList();
  }

  private static List<Element> texts(String svg)
      throws ParserConfigurationException, SAXException, IOException {
    NodeList nodes =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)))
            .getElementsByTagName("text");
    List<Element> texts = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      texts.add((Element) nodes.item(i));
    }
    return texts;
  }
}
