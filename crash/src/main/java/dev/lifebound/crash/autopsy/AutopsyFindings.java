package dev.lifebound.crash.autopsy;

import dev.lifebound.finding.Evidence;
import dev.lifebound.finding.Finding;
import dev.lifebound.finding.Location;
import dev.lifebound.finding.Notice;
import dev.lifebound.finding.Report;
import dev.lifebound.finding.Rule;
import dev.lifebound.finding.Scope;
import dev.lifebound.finding.Source;
import dev.lifebound.finding.Step;
import dev.lifebound.finding.Subject;
import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.LedgerEvent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An autopsy as a finding: red, since it happened. A crash that is not ours or not explained is no
 * finding, but a notice.
 *
 * <p>The fingerprints recognise the same crash of another run, and the guard's report of it: see
 * {@link RuntimeFingerprints}.
 */
public final class AutopsyFindings {
  private static final String SINCE = "0.1.0";

  private AutopsyFindings() {}

  /**
   * The report of one autopsy.
   *
   * @param version of this program
   */
  public static Report report(Autopsy autopsy, String version) {
    Source source = new Source("autopsy", "lifebound-autopsy", version);
    Scope scope = Scope.ofProject(name(input(autopsy)));
    RuntimeRule rule = autopsy.verdict().kind().rule();
    List<Finding> findings =
        rule == null ? List.of() : List.of(finding(autopsy, rule, source, scope));
    List<Notice> notices = new ArrayList<>(autopsy.notices());
    if (rule == null) {
      notices.add(
          new Notice(
              autopsy.verdict().kind() == FailureKind.NOT_OURS ? "crash-not-ours" : "no-verdict",
              autopsy.verdict().headline() + ": " + autopsy.verdict().reasons().getFirst(),
              null));
    }
    List<Rule> rules = RuntimeRule.all().stream().map(r -> r.rule(SINCE)).toList();
    return new Report(source, scope, rules, findings, notices, Map.of("crashes", 1L));
  }

  private static Path input(Autopsy autopsy) {
    Path log = autopsy.request().crashLog();
    Path ledger = autopsy.request().ledger();
    if (log != null) {
      return log;
    }
    if (ledger == null) {
      throw new IllegalStateException("an autopsy must have looked at a file");
    }
    return ledger;
  }

  private static String name(Path file) {
    Path name = file.getFileName();
    return name == null ? file.toString() : name.toString();
  }

  private static Finding finding(Autopsy autopsy, RuntimeRule rule, Source source, Scope scope) {
    BlockLife block = autopsy.block();
    Location location = location(autopsy);
    List<Subject> related = maps(autopsy);
    return new Finding(
        rule.id(),
        rule.colour(),
        rule.reason(),
        autopsy.verdict().headline(),
        autopsy.advice().getFirst(),
        source,
        scope,
        subject(autopsy),
        related,
        location,
        path(autopsy),
        RuntimeFingerprints.of(rule, place(autopsy), block, name(input(autopsy))),
        List.of(new Evidence("autopsy", autopsy.verdict().reasons().getFirst(), facts(autopsy))));
  }

  /** Where the misuse was; of a death without a log, that of the incident that explains it. */
  private static String place(Autopsy autopsy) {
    HsErr log = autopsy.hsErr();
    if (log != null) {
      return CrashPlace.of(log);
    }
    return misuse(autopsy.block()).map(event -> CrashPlace.of(event.stack())).orElse("");
  }

  /** The newest event with a stack by which the ledger tells of misuse. */
  private static Optional<LedgerEvent> misuse(@Nullable BlockLife block) {
    List<LedgerEvent> events = block == null ? List.of() : block.events().reversed();
    return events.stream()
        .filter(event -> Step.USE.equals(role(event.type())) && !event.stack().isEmpty())
        .findFirst();
  }

  private static Location location(Autopsy autopsy) {
    HsErr log = autopsy.hsErr();
    String file = name(input(autopsy));
    if (log != null) {
      String frame = log.applicationFrame().orElse(null);
      if (frame != null) {
        return new Location(FrameNames.source(frame), null, FrameNames.stable(frame), null);
      }
      return new Location(file, null, log.problematicFrame(), null);
    }
    LedgerEvent event = misuse(autopsy.block()).orElse(lastWithStack(autopsy.block()));
    return event == null ? Location.ofFile(file) : FramePlace.of(frame(event), file);
  }

  /** The newest event of a block that tells where it happened. */
  private static @Nullable LedgerEvent lastWithStack(@Nullable BlockLife block) {
    return block == null
        ? null
        : block.events().reversed().stream()
            .filter(event -> !event.stack().isEmpty())
            .findFirst()
            .orElse(null);
  }

  private static String frame(LedgerEvent event) {
    return CrashPlace.frame(event.stack()).orElse(event.stack().getFirst());
  }

  private static Subject subject(Autopsy autopsy) {
    BlockLife block = autopsy.block();
    Map<String, String> attributes = new TreeMap<>();
    Long address = autopsy.address();
    if (block != null) {
      attributes.put("address", Words.hex(block.address()));
      attributes.put("size", Long.toString(block.size()));
      String tag = block.tag();
      if (tag != null) {
        attributes.put("tag", tag);
      }
      return new Subject(Subject.BLOCK, block.name(), attributes);
    }
    if (address != null) {
      attributes.put("address", Words.hex(address));
    }
    return new Subject(Subject.BLOCK, "unknown", attributes);
  }

  private static List<Subject> maps(Autopsy autopsy) {
    Map<String, Subject> maps = new LinkedHashMap<>();
    for (Holder holder : autopsy.holders()) {
      String key = holder.key();
      maps.putIfAbsent(
          holder.text(),
          new Subject(
              Subject.MAP,
              Words.named(holder.place()),
              key == null ? Map.of() : Map.of("key", key)));
    }
    return List.copyOf(maps.values());
  }

  private static List<Step> path(Autopsy autopsy) {
    List<Step> steps = new ArrayList<>();
    BlockLife block = autopsy.block();
    String file = name(input(autopsy));
    if (block != null) {
      for (LedgerEvent event : block.events()) {
        String role = role(event.type());
        if (role != null) {
          steps.add(
              new Step(
                  role,
                  event.stack().isEmpty()
                      ? Location.ofFile(file)
                      : FramePlace.of(frame(event), file),
                  Words.deed(event) + ", " + Words.thread(event)));
        }
      }
    }
    HsErr log = autopsy.hsErr();
    if (log != null) {
      steps.add(new Step(Step.USE, location(autopsy), "crash: " + Words.signal(log)));
    }
    return steps;
  }

  /** What an event of a block's life is in a code flow, or null when it is no step. */
  static @Nullable String role(EventType type) {
    return switch (type) {
      case ALLOCATE, ADOPT, ALLOCATE_BY_C, REPORT_ALLOCATED -> "allocate";
      case BIND -> Step.INSERT;
      case UNBIND -> "remove";
      case FREE, FREE_BY_C, REPORT_FREED -> Step.FREE;
      case STALE_USE, DOUBLE_FREE, LEASE_ANOMALY, FAULT, REPORT -> Step.USE;
      case LEAK, NOTE, THREAD, LEASE_REMARK, UNKNOWN -> null;
    };
  }

  private static Map<String, String> facts(Autopsy autopsy) {
    Map<String, String> facts = new TreeMap<>();
    HsErr log = autopsy.hsErr();
    if (log != null) {
      facts.put("error", log.error());
      if (log.problematicFrame() != null) {
        facts.put("frame", log.problematicFrame());
      }
    }
    if (autopsy.process() != null) {
      facts.put("pid", Long.toString(autopsy.process().pid()));
    }
    if (autopsy.time() != null) {
      facts.put("time", autopsy.time().toString());
    }
    Long offset = autopsy.offset();
    if (offset != null) {
      facts.put("offset", Long.toString(offset));
    }
    return facts;
  }
}
