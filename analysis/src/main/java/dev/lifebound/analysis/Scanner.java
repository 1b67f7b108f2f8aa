package dev.lifebound.analysis;

import dev.lifebound.analysis.go.GoFrontEnd;
import dev.lifebound.analysis.java.JavaFrontEnd;
import dev.lifebound.analysis.lifetime.Engine;
import dev.lifebound.analysis.lifetime.Facts;
import dev.lifebound.analysis.lifetime.FrontEnd;
import dev.lifebound.analysis.lifetime.Function;
import dev.lifebound.analysis.lifetime.Hazard;
import dev.lifebound.analysis.lifetime.OutOfMemory;
import dev.lifebound.analysis.lifetime.Unit;
import dev.lifebound.analysis.rule.LifetimeRule;
import dev.lifebound.analysis.rule.Rules;
import dev.lifebound.finding.Finding;
import dev.lifebound.finding.LifeboundConfig;
import dev.lifebound.finding.Location;
import dev.lifebound.finding.Notice;
import dev.lifebound.finding.Report;
import dev.lifebound.finding.Scope;
import dev.lifebound.finding.Source;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Scans files and folders.
 *
 * <p>Safe for use by many threads; each scan has its own workers, which end with it.
 */
public final class Scanner {
  /** The files a front end may want. */
  private static final Set<String> SUFFIXES = Set.of(".go", ".c", ".h", ".java");

  /** Address space of a worker's stack; memory is used as far as the recursion goes. */
  private static final long STACK_BYTES = 256L << 20;

  private final Options options;
  private final List<FrontEnd> frontEnds = List.of(new GoFrontEnd(), new JavaFrontEnd());

  private Scanner(Options options) {
    this.options = options;
  }

  /**
   * How to scan.
   *
   * @param root findings show paths relative to it; {@code .lifebound.yaml} is looked for here,
   *     then in the first folder that is scanned
   * @param threads how many workers, at least 1; the report does not depend on it
   * @param scope what the findings say of project and revision
   * @param version what the report says of this tool's version
   */
  public record Options(Path root, int threads, Scope scope, String version) {
    public Options {
      if (threads < 1) {
        throw new IllegalArgumentException(
            "a scan must have at least one worker: threads=" + threads);
      }
    }

    /** One worker for each processor, and a project named as its folder. */
    public static Options of(Path root, String version) {
      Path name = root.toAbsolutePath().normalize().getFileName();
      Scope scope = Scope.ofProject(name == null ? "/" : name.toString());
      return new Options(root, Runtime.getRuntime().availableProcessors(), scope, version);
    }
  }

  /** How a scan ended. */
  public sealed interface Outcome {
    /**
     * It ran.
     *
     * @param report the findings and what could not be done
     * @param counts what was looked at
     */
    record Scanned(Report report, Counts counts) implements Outcome {}

    /**
     * It did not run: a path does not exist, the configuration cannot be used, or the parser has no
     * native library for this machine.
     *
     * @param code stable identifier: {@code path-not-found}, {@code config-invalid} or {@code
     *     parser-unavailable}
     * @param message what must hold, what was found, and what to do
     */
    record Refused(String code, String message) implements Outcome {}
  }

  /**
   * What a scan looked at.
   *
   * @param files files found with a known ending
   * @param analysed files that were translated and judged
   * @param irrelevant files that were read and hold nothing of interest, such as Go without cgo
   * @param suppressed findings for which a comment names an owner
   */
  public record Counts(int files, int analysed, int irrelevant, int suppressed) {
    /** As a report carries them. */
    Map<String, Long> byNoun() {
      return Map.of(
          Report.FILES,
          (long) files,
          Report.ANALYSED,
          (long) analysed,
          Report.IRRELEVANT,
          (long) irrelevant,
          "suppressed",
          (long) suppressed);
    }
  }

  /** Scans; never throws for what the paths hold. */
  public static Outcome scan(List<Path> paths, Options options) {
    return new Scanner(options).scan(paths);
  }

  private Outcome scan(List<Path> paths) {
    for (Path path : paths) {
      if (!Files.exists(path)) {
        return new Outcome.Refused(
            "path-not-found", "a path to scan must exist: path=" + path + "; check its spelling");
      }
    }
    LifeboundConfig config;
    try {
      config = config(paths);
    } catch (LifeboundConfig.ConfigException e) {
      return new Outcome.Refused("config-invalid", String.valueOf(e.getMessage()));
    }
    Discovery discovery = new Discovery(options.root(), SUFFIXES, config.exclude());
    paths.forEach(discovery::add);
    return judge(discovery, config);
  }

  private LifeboundConfig config(List<Path> paths) throws LifeboundConfig.ConfigException {
    Set<Path> folders = new LinkedHashSet<>();
    folders.add(options.root());
    paths.stream().filter(Files::isDirectory).findFirst().ifPresent(folders::add);
    for (Path folder : folders) {
      Path file = folder.resolve(LifeboundConfig.FILE_NAME);
      if (Files.isRegularFile(file)) {
        return LifeboundConfig.parse(text(file), file.toString());
      }
    }
    return LifeboundConfig.EMPTY;
  }

  private static String text(Path file) throws LifeboundConfig.ConfigException {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new LifeboundConfig.ConfigException(
          "a configuration must be readable: file=" + file + ", problem=" + e + "; check it", e);
    }
  }

  // --- work --------------------------------------------------------------------------------------

  /**
   * What one job came to.
   *
   * @param refusal why the parser cannot run here at all, or null
   */
  private record Judged(
      List<Finding> findings,
      List<Notice> notices,
      int analysed,
      int irrelevant,
      int suppressed,
      @Nullable String refusal) {
    static Judged failed(List<Notice> notices, @Nullable String refusal) {
      return new Judged(List.of(), notices, 0, 0, 0, refusal);
    }
  }

  private Outcome judge(Discovery discovery, LifeboundConfig config) {
    var listing = discovery.listing();
    List<FrontEnd.Job> jobs = new ArrayList<>();
    frontEnds.forEach(frontEnd -> jobs.addAll(frontEnd.jobs(listing, config)));
    List<Finding> findings = new ArrayList<>();
    List<Notice> notices = new ArrayList<>(discovery.sortedNotices());
    if (listing.files().isEmpty()) {
      notices.add(
          new Notice(
              "nothing-to-scan",
              "a scan must find Go or Java sources: files=0; name a folder that holds some",
              null));
    }
    int analysed = 0;
    int irrelevant = 0;
    int suppressed = 0;
    for (Judged judged : run(jobs)) {
      if (judged.refusal() != null) {
        return new Outcome.Refused("parser-unavailable", judged.refusal());
      }
      findings.addAll(judged.findings());
      notices.addAll(judged.notices());
      analysed += judged.analysed();
      irrelevant += judged.irrelevant();
      suppressed += judged.suppressed();
    }
    Counts counts = new Counts(listing.files().size(), analysed, irrelevant, suppressed);
    Report report =
        new Report(source(), options.scope(), Rules.metadata(), findings, notices, counts.byNoun());
    return new Outcome.Scanned(report, counts);
  }

  /** Runs the jobs on the workers; results come in the order of the jobs. */
  private List<Judged> run(List<FrontEnd.Job> jobs) {
    try (ExecutorService workers =
        Executors.newFixedThreadPool(
            options.threads(),
            // Sources nest as deep as their generators like, and trees are walked by recursion.
            Thread.ofPlatform().daemon().stackSize(STACK_BYTES).name("scan-", 0).factory())) {
      List<Future<Judged>> futures = new ArrayList<>();
      jobs.forEach(job -> futures.add(workers.submit(() -> run(job))));
      List<Judged> all = new ArrayList<>();
      for (Future<Judged> future : futures) {
        all.add(future.get());
      }
      return all;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("a scan must not be interrupted: jobs=" + jobs.size(), e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof OutOfMemoryError memory) {
        // Nothing that was found can be trusted to be all.
        throw memory;
      }
      throw new IllegalStateException("a job must end with an outcome: jobs=" + jobs.size(), e);
    }
  }

  private Judged run(FrontEnd.Job job) {
    List<Finding> findings = new ArrayList<>();
    FrontEnd.Outcome outcome;
    try {
      outcome = job.run();
      List<Notice> notices = new ArrayList<>(outcome.notices());
      int suppressed = 0;
      for (Unit unit : outcome.units()) {
        suppressed += judge(unit, findings, notices);
      }
      return new Judged(
          findings, notices, outcome.analysed(), outcome.irrelevant(), suppressed, null);
    } catch (LinkageError e) {
      return Judged.failed(List.of(), unavailable(e));
    } catch (RuntimeException | StackOverflowError e) {
      OutOfMemory.rethrow(e);
      // One folder that breaks the analyser must not cost the others their findings.
      Notice notice =
          new Notice(
              "analysis-failed",
              "the analyser must understand every source: folder="
                  + job.name()
                  + ", problem="
                  + e
                  + "; it was not analysed, please report it",
              Location.ofFile(job.name()));
      return Judged.failed(List.of(notice), null);
    }
  }

  private static String unavailable(LinkageError problem) {
    Throwable cause = problem.getCause() == null ? problem : problem.getCause();
    return "the parser's native library must load: os="
        + System.getProperty("os.name")
        + ", arch="
        + System.getProperty("os.arch")
        + ", problem="
        + cause.getMessage()
        + "; scan on Linux (glibc), macOS or Windows with x86-64, or ARM64 but for Windows";
  }

  /** Judges a unit; gives how many findings a comment suppressed. */
  private int judge(Unit unit, List<Finding> findings, List<Notice> notices) {
    Facts facts = Engine.analyse(unit);
    for (Function function : facts.cut()) {
      notices.add(cut(function));
    }
    Findings assembly = new Findings(source(), options.scope());
    int suppressed = 0;
    for (LifetimeRule rule : Rules.of(unit.language())) {
      for (Hazard hazard : rule.judge(facts)) {
        Findings.Mark mark = Findings.suppression(hazard, facts);
        if (mark == null || mark.reason().isEmpty()) {
          findings.add(assembly.finding(hazard));
        } else {
          suppressed++;
        }
        if (mark != null && mark.reason().isEmpty()) {
          notices.add(
              new Notice(
                  "owner-without-reason",
                  "a "
                      + Findings.OWNER_MARK
                      + " comment must name the owner: rule="
                      + hazard.rule()
                      + "; write who frees and when, after the mark",
                  mark.location()));
        }
      }
    }
    return suppressed;
  }

  private static Notice cut(Function function) {
    return new Notice(
        "function-too-large",
        "a function must have few enough paths: function="
            + function.name()
            + "; only some of its paths were followed",
        function.file().location(function.span(), function.name()));
  }

  private Source source() {
    return new Source("static", "lifebound-scan", options.version());
  }
}
