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
import org.jspecify.annotations.Nullable;

/** Go with cgo: one job for each folder that holds Go files. */
public final class GoFrontEnd implements FrontEnd {
  private static final byte[] MARK = "\"C\"".getBytes(StandardCharsets.US_ASCII);

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
      List<byte[]> contents = new ArrayList<>();
      List<Listing.Entry> usable = new ArrayList<>();
      boolean cgo = false;
      for (Listing.Entry file : goFiles) {
        byte @Nullable [] bytes = SourceReader.read(file, notices);
        if (bytes != null) {
          contents.add(bytes);
          usable.add(file);
          cgo |= contains(bytes, MARK);
        }
      }
      if (!cgo) {
        return new Outcome(List.of(), notices, 0, usable.size());
      }
      Map<String, List<GoFile>> packages = new TreeMap<>();
      TreeSitter parser = TreeSitter.of(TreeSitter.Language.GO);
      for (int i = 0; i < usable.size(); i++) {
        SourceFile source = SourceReader.decode(usable.get(i), contents.get(i), notices);
        GoFile file = GoFile.of(source, parse(parser, source));
        packages.computeIfAbsent(file.packageName(), key -> new ArrayList<>()).add(file);
      }
      List<Unit> units = new ArrayList<>();
      int analysed = 0;
      for (Map.Entry<String, List<GoFile>> entry : packages.entrySet()) {
        List<GoFile> files = entry.getValue();
        if (files.stream().anyMatch(GoFile::isCgo)) {
          analysed += files.size();
          String unit = (name.isEmpty() ? "" : name + "/") + entry.getKey();
          units.add(GoUnit.translate(unit, new GoPackage(files, natives(files))));
        }
      }
      return new Outcome(units, notices, analysed, usable.size() - analysed);
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

    private static boolean contains(byte[] bytes, byte[] mark) {
      for (int i = 0; i <= bytes.length - mark.length; i++) {
        if (bytes[i] == mark[0] && bytes[i + 1] == mark[1] && bytes[i + 2] == mark[2]) {
          return true;
        }
      }
      return false;
    }
  }
}
