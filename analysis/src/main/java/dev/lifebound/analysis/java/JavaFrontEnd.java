package dev.lifebound.analysis.java;

import dev.lifebound.analysis.lifetime.FrontEnd;
import dev.lifebound.analysis.lifetime.Listing;
import dev.lifebound.analysis.lifetime.SourceFile;
import dev.lifebound.analysis.lifetime.SourceReader;
import dev.lifebound.finding.LifeboundConfig;
import dev.lifebound.finding.Notice;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** All Java files of a scan as one unit: a handle and its map may stand anywhere. */
public final class JavaFrontEnd implements FrontEnd {
  private static final int MOST_THREADS = 8;

  @Override
  public List<Job> jobs(Listing listing, LifeboundConfig config) {
    List<Listing.Entry> files = listing.endingWith(".java");
    return files.isEmpty() ? List.of() : List.of(new AllFiles(files));
  }

  private record AllFiles(List<Listing.Entry> files) implements Job {
    @Override
    public String name() {
      return files.getFirst().folder().isEmpty() ? "java" : files.getFirst().folder();
    }

    @Override
    public Outcome run() {
      Optional<JavaParser> parser = JavaParser.ofRunningJava();
      if (parser.isEmpty()) {
        Notice notice =
            new Notice(
                "no-java-compiler",
                "the running Java must have a compiler to read sources: files=%d, java=%s; run on a JDK"
                    .formatted(files.size(), System.getProperty("java.home")),
                null);
        return new Outcome(List.of(), List.of(notice), 0, 0);
      }
      Reader reader = new Reader(files);
      int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MOST_THREADS);
      JavaSources.Outcome outcome = new JavaSources(reader, parser.get(), threads).translate();
      List<Notice> notices = new ArrayList<>(reader.notices());
      notices.addAll(outcome.notices());
      return new Outcome(
          List.of(outcome.unit()), notices, outcome.analysed(), outcome.irrelevant());
    }
  }

  /** Reads files, some of them more than once; a file's notices are kept once. */
  private static final class Reader implements JavaSources.Texts {
    private final List<Listing.Entry> files;
    private final Map<Integer, List<Notice>> notices =
        Collections.synchronizedMap(new LinkedHashMap<>());

    Reader(List<Listing.Entry> files) {
      this.files = files;
    }

    @Override
    public int count() {
      return files.size();
    }

    @Override
    public @Nullable SourceFile read(int number) {
      Listing.Entry file = files.get(number);
      List<Notice> said = new ArrayList<>();
      byte @Nullable [] bytes = SourceReader.read(file, said);
      SourceFile source = bytes == null ? null : SourceReader.decode(file, bytes, said);
      notices.put(number, said);
      return source;
    }

    List<Notice> notices() {
      List<Notice> all = new ArrayList<>();
      for (int i = 0; i < files.size(); i++) {
        all.addAll(notices.getOrDefault(i, List.of()));
      }
      return all;
    }
  }
}
