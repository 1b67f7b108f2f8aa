package dev.lifebound.analysis.java;

import dev.lifebound.analysis.lifetime.Engine;
import dev.lifebound.analysis.lifetime.Facts;
import dev.lifebound.analysis.lifetime.Hazard;
import dev.lifebound.analysis.lifetime.SourceFile;
import dev.lifebound.analysis.rule.Rules;
import java.util.ArrayList;
import java.util.List;

/** Runs the Java front end and its rules over texts. */
final class Sources {
  private Sources() {}

  static JavaSources.Outcome translate(int threads, SourceFile... files) {
    JavaSources.Texts texts =
        new JavaSources.Texts() {
          @Override
          public int count() {
            return files.length;
          }

          @Override
          public SourceFile read(int number) {
            return files[number];
          }
        };
    return new JavaSources(texts, JavaParser.ofRunningJava().orElseThrow(), threads).translate();
  }

  /** {@code ID colour: message} at its line, in source order. */
  record Said(String path, int line, String text) {}

  static List<Said> judge(SourceFile... files) {
    Facts facts = Engine.analyse(translate(2, files).unit());
    List<Hazard> hazards = new ArrayList<>();
    Rules.of("java").forEach(rule -> hazards.addAll(rule.judge(facts)));
    return hazards.stream()
        .map(h -> {
          SourceFile file = h.at().function().file();
          return new Said(
              file.path(),
              file.line(h.at().span().start()),
              h.rule() + " " + h.colour().text() + ": " + h.message());
        })
        .toList();
  }
}
