package dev.lifebound.finding;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Reports the tests write and read. */
final class Samples {
  static final Source SOURCE = new Source("static", "lifebound", "0.1.0");
  static final Scope SCOPE = new Scope("store", "main", "0a1b2c3");

  static final Rule RULE =
      new Rule(
          "LBG001",
          "freed while a map still holds it",
          Colour.RED,
          "go",
          "A block is freed while a map still holds its pointer. The next lookup reads freed memory.",
          "Delete the entry under the lock that readers take, then free.",
          "0.1");

  private Samples() {}

  static Finding finding(Colour colour, String path, int line, String message) {
    Location location = new Location(path, new Region(line, 2, line, 9), "Close", "C.free(p)");
    return new Finding(
        "LBG001",
        colour,
        "the entry is read on every later lookup",
        message,
        "delete(handles, key) before C.free(p)",
        SOURCE,
        SCOPE,
        Subject.of(Subject.MAP, "handles"),
        List.of(),
        location,
        List.of(
            new Step(Step.INSERT, at(path, 12, "handles[key] = p"), "p is stored in handles"),
            new Step(Step.FREE, location, "the block is freed"),
            new Step(Step.USE, at(path, 61, "return handles[key]"), "the entry is still read")),
        Map.of(Fingerprint.SYMBOLS, Fingerprint.of(path, message)),
        List.of(new Evidence("static-path", "insert, free and use lie on one path", Map.of())));
  }

  static Location at(String path, int line, String snippet) {
    return new Location(path, new Region(line, 1, line, 1 + snippet.length()), "Open", snippet);
  }

  static Report report(Finding... findings) {
    return new Report(
        SOURCE, SCOPE, List.of(RULE), List.of(findings), List.of(), Map.of(Report.FILES, 12L));
  }

  /** Everything the model can hold, with the texts that break careless writers. */
  static Report rich() {
    String odd = "ä \"quoted\" back\\slash {0} [link](1) \u0001 \ud83d\ude80 line\nbreak";
    Finding full =
        new Finding(
            "LBJ001",
            Colour.YELLOW,
            "why: " + odd,
            "what: " + odd,
            "fix: " + odd,
            new Source("runtime", "guard " + odd, "1.2"),
            new Scope("other " + odd, null, "r9"),
            new Subject(Subject.CLASS, "com.example.Störe$1", Map.of("loader", odd, "empty", "")),
            List.of(
                Subject.of("open-kind-7", odd),
                new Subject(Subject.ARTIFACT, "a:b", Map.of("version", "1"))),
            new Location("/abs/with space/100%/a:b#c?.java", new Region(3, 5, 9, 1), odd, odd),
            List.of(
                new Step("two--hyphens-", new Location("C:/win/x.go", null, null, "s"), odd),
                new Step("exit", Location.ofFile("../up/lib.jar!/a/B.class"), "leaves")),
            Map.of("foreign/strategy", odd, Fingerprint.LINE, "00"),
            List.of(
                new Evidence("guard-report", odd, Map.of("address", "0x7f")),
                new Evidence("summary", "second", Map.of())));
    Finding bare = finding(Colour.RED, "ärger/http://x.go", 3, "bare");
    return new Report(
        SOURCE,
        new Scope("store", null, null),
        List.of(RULE, new Rule("LBJ001", odd, Colour.GREEN, "any", odd, odd, "0.2")),
        List.of(full, bare, finding(Colour.GREEN, "//twice", 1, "no rule of the report")),
        List.of(
            new Notice("file-does-not-parse", odd, at("b.go", 7, "x")),
            new Notice("too-large", "no place", null)),
        Map.of(Report.FILES, 3L, "packages", 0L));
  }

  static String written(ReportWriter writer, Report report) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    writer.write(report, out);
    return out.toString(StandardCharsets.UTF_8);
  }
}
