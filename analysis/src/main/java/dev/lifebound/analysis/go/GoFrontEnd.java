package dev.lifebound.analysis.go;

import dev.lifebound.analysis.lifetime.FrontEnd;
import dev.lifebound.analysis.lifetime.Listing;
import dev.lifebound.analysis.lifetime.SourceFile;
import dev.lifebound.analysis.lifetime.SourceReader;
import dev.lifebound.analysis.lifetime.Unit;
import dev.lifebound.finding.LifeboundConfig;
import dev.lifebound.finding.Location;
import dev.lifebound.finding.Notice;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Go with cgo: one job for each folder that holds Go files. */
public final class GoFrontEnd implements FrontEnd {
  /** Imports stand at the top, so the head of a file tells whether it uses cgo. */
  private static final int HEAD_BYTES = 1 << 16;

  /** An element of a list of strings ends with a comma, an import does not. */
  private static final Pattern CGO =
      Pattern.compile(
          "(?m)^[ \\t]*(import[ \\t]*)?\\(?[ \\t]*\"C\"[ \\t]*([;)].*|//.*|/[*].*)?\\r?$");

  /** Such a file is a program of its own that happens to lie beside the package. */
  private static final Pattern IGNORED =
      Pattern.compile("(?m)^//(go:build| ?\\+build) .*\\bignore\\b");

  @Override
  public List<Job> jobs(Listing listing, LifeboundConfig config) {
    NativeFunctions natives = NativeFunctions.with(config.functions());
    Map<String, Folder> folders = new TreeMap<>();
    for (Listing.Entry file : listing.endingWith(".go")) {
      if (!file.shown().endsWith("_test.go")) {
        folders.computeIfAbsent(file.folder(), name -> new Folder(name, natives)).goFiles.add(file);
      }
    }
    for (String suffix : List.of(".c", ".h")) {
      for (Listing.Entry file : listing.endingWith(suffix)) {
        Folder folder = folders.get(file.folder());
        if (folder != null) {
          folder.cFiles.add(file);
        }
      }
    }
    return List.copyOf(folders.values());
  }

  /** The files of one folder. */
  private static final class Folder implements Job {
    private final String name;
    private final NativeFunctions natives;
    final List<Listing.Entry> goFiles = new ArrayList<>();
    final List<Listing.Entry> cFiles = new ArrayList<>();
    private final List<Notice> notices = new ArrayList<>();

    Folder(String name, NativeFunctions natives) {
      this.name = name;
      this.natives = natives;
    }

    @Override
    public String name() {
      return name.isEmpty() ? "." : name;
    }

    @Override
    public Outcome run() {
      List<Listing.Entry> wanted = wanted();
      Map<String, List<GoFile>> packages = new TreeMap<>();
      TreeSitter parser = wanted.isEmpty() ? null : TreeSitter.of(TreeSitter.Language.GO);
      for (Listing.Entry entry : wanted) {
        byte @Nullable [] bytes = SourceReader.read(entry, notices);
        if (bytes != null && parser != null) {
          SourceFile source = SourceReader.decode(entry, bytes, notices);
          GoFile file = GoFile.of(source, parse(parser, source));
          boolean alone = IGNORED.matcher(source.text()).find();
          String key = file.packageName() + (alone ? " " + entry.shown() : "");
          packages.computeIfAbsent(key, name -> new ArrayList<>()).add(file);
        }
      }
      List<Unit> units = new ArrayList<>();
      int analysed = 0;
      int idle = 0;
      for (Map.Entry<String, List<GoFile>> entry : packages.entrySet()) {
        List<GoFile> files = entry.getValue();
        if (files.stream().anyMatch(GoFile::isCgo)) {
          analysed += files.size();
          String unit = (name.isEmpty() ? "" : name + "/") + entry.getKey();
          units.add(GoUnit.translate(unit, new GoPackage(files, natives(files))));
        } else {
          idle += files.size();
        }
      }
      return new Outcome(units, notices, analysed, goFiles.size() - wanted.size() + idle);
    }

    private Syntax parse(TreeSitter parser, SourceFile source) {
      TreeSitter.Parsed parsed = parser.parse(source.text());
      if (parsed.errors()) {
        notices.add(
            new Notice(
                "file-does-not-parse",
                "a source file must parse: file="
                    + source.path()
                    + "; only its whole functions were analysed",
                Location.ofFile(source.path())));
      }
      if (parsed.tooDeep()) {
        notices.add(
            new Notice(
                "file-nested-too-deeply",
                "a source file must not nest deeper than "
                    + TreeSitter.DEEPEST
                    + " levels: file="
                    + source.path()
                    + "; what lies deeper was not analysed",
                Location.ofFile(source.path())));
      }
      return parsed.root();
    }

    /** The C parts of a package: the preambles, then the files beside it. */
    private CFunctions natives(List<GoFile> files) {
      CFunctions functions = new CFunctions(natives);
      TreeSitter parser = TreeSitter.of(TreeSitter.Language.C);
      for (GoFile file : files) {
        if (!file.preamble().isBlank()) {
          functions.add(parser.parse(file.preamble()).root(), file.preamble());
        }
      }
      for (Listing.Entry file : cFiles) {
        byte @Nullable [] bytes = SourceReader.read(file, notices);
        if (bytes != null) {
          String text = SourceReader.decode(file, bytes, notices).text();
          functions.add(parser.parse(text).root(), text);
        }
      }
      functions.summarize();
      return functions;
    }

    /** All files when the package uses cgo; else those that stand alone and do. */
    private List<Listing.Entry> wanted() {
      List<Listing.Entry> alone = new ArrayList<>();
      for (Listing.Entry file : goFiles) {
        byte @Nullable [] head = SourceReader.head(file, HEAD_BYTES);
        if (head == null || SourceReader.isBinary(head)) {
          // The reader says why it cannot be used.
          alone.add(file);
          continue;
        }
        String text = new String(head, StandardCharsets.ISO_8859_1);
        if (CGO.matcher(text).find()) {
          if (!IGNORED.matcher(text).find()) {
            return goFiles;
          }
          alone.add(file);
        }
      }
      return alone;
    }
  }
}
