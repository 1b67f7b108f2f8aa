package dev.lifebound.analysis.java;

import dev.lifebound.analysis.lifetime.SourceFile;
import dev.lifebound.analysis.lifetime.Unit;
import dev.lifebound.finding.Notice;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Chooses the files that can matter, parses them and translates them together. */
final class JavaSources {
  /* Overview
   *
   * Only a file that mentions native memory, a native handle or the owner of a map of handles can
   * matter. The first round takes the files that mention a seed word: `native`, FFM's types, the
   * table's classes. What those declare gives new words (handle classes, classes with native frees,
   * owners of maps of handles), which take further files, until nothing is new. All other files are
   * read and forgotten.
   */
  private static final int MOST_ROUNDS = 5;

  private static final int SLICE_FILES = 64;

  /** A parser's own tables cost more than a hundred small files. */
  private static final int BATCH_CHARS = 4 << 20;

  /** The texts, each read when asked for. */
  interface Texts {
    int count();

    /** The text, or null when it cannot be used; every call reads anew. */
    @Nullable SourceFile read(int number);
  }

  /**
   * What came of the files.
   *
   * @param unit the unit of the files that matter
   * @param notices files left out, by path
   * @param analysed how many files were translated
   * @param irrelevant how many files were read and hold nothing of interest
   */
  record Outcome(Unit unit, List<Notice> notices, int analysed, int irrelevant) {}

  private final Texts texts;
  private final JavaParser parser;
  private final int threads;
  private final Map<Integer, ParsedFile> parsed = new TreeMap<>();
  private final Set<Integer> left = Collections.synchronizedSet(new HashSet<>());
  private final List<Notice> notices = Collections.synchronizedList(new ArrayList<>());

  JavaSources(Texts texts, JavaParser parser, int threads) {
    this.texts = texts;
    this.parser = parser;
    this.threads = threads;
    for (int i = 0; i < texts.count(); i++) {
      left.add(i);
    }
  }

  Outcome translate() {
    Set<String> words = new HashSet<>(seeds());
    Set<String> fresh = words;
    Index index = Index.of(List.of());
    NativeTypes natives = new NativeTypes(index, NativeTable.SHIPPED);
    for (int round = 0; round < MOST_ROUNDS && !fresh.isEmpty(); round++) {
      if (!take(fresh)) {
        break;
      }
      index = Index.of(List.copyOf(parsed.values()));
      natives = new NativeTypes(index, NativeTable.SHIPPED);
      fresh = new HashSet<>(NativeTypes.simpleNames(index, natives));
      fresh.addAll(mapOwners(index, natives));
      fresh.removeAll(words);
      words.addAll(fresh);
    }
    Unit unit = new Translation(index, natives).unit(threads, notices::add);
    List<Notice> sorted = new ArrayList<>(notices);
    sorted.sort(
        java.util.Comparator.comparing(
                (Notice n) -> n.location() == null ? "" : n.location().path())
            .thenComparing(Notice::message));
    return new Outcome(unit, sorted, parsed.size(), left.size());
  }

  private static Set<String> seeds() {
    Set<String> seeds = new HashSet<>(Set.of(Words.NATIVE));
    NativeTable.SHIPPED.typeNames().forEach(n -> seeds.add(n.substring(n.lastIndexOf('.') + 1)));
    return seeds;
  }

  /** Classes with a map of handles: their users may remove from it. */
  private static Set<String> mapOwners(Index index, NativeTypes natives) {
    Set<String> owners = new HashSet<>();
    for (ClassModel model : index.classes()) {
      for (ClassModel.Field field : model.fields.values()) {
        if (KnownTypes.map(field.type()) != null
            && (natives.isNative(KnownTypes.valueOf(field.type()))
                || natives.isNative(KnownTypes.keyOf(field.type())))) {
          owners.add(model.simpleName());
        }
      }
    }
    return owners;
  }

  /** Parses the files that mention a word; whether there were any. */
  private boolean take(Set<String> words) {
    List<Integer> numbers = left.stream().sorted().toList();
    List<List<Integer>> slices = new ArrayList<>();
    for (int i = 0; i < numbers.size(); i += SLICE_FILES) {
      slices.add(numbers.subList(i, Math.min(numbers.size(), i + SLICE_FILES)));
    }
    List<Map<Integer, SourceFile>> batches = new ArrayList<>(List.of(new LinkedHashMap<>()));
    long chars = 0;
    for (Map<Integer, SourceFile> found :
        Workers.map(threads, slices, slice -> mentioning(slice, words))) {
      for (Map.Entry<Integer, SourceFile> file : found.entrySet()) {
        if (chars > BATCH_CHARS) {
          batches.add(new LinkedHashMap<>());
          chars = 0;
        }
        batches.getLast().put(file.getKey(), file.getValue());
        chars += file.getValue().text().length();
      }
    }
    Workers.map(threads, batches, this::parse).forEach(parsed::putAll);
    return !batches.getFirst().isEmpty();
  }

  /** The files of a slice that mention a word; they leave those that are left. */
  private Map<Integer, SourceFile> mentioning(List<Integer> slice, Set<String> words) {
    Map<Integer, SourceFile> found = new LinkedHashMap<>();
    for (int number : slice) {
      SourceFile file = texts.read(number);
      boolean mentions = file != null && Words.mentions(file.text(), words);
      if (file == null || mentions) {
        left.remove(number);
      }
      if (file != null && mentions) {
        found.put(number, file);
      }
    }
    return found;
  }

  private Map<Integer, ParsedFile> parse(Map<Integer, SourceFile> batch) {
    Map<SourceFile, Integer> numbers = new HashMap<>();
    batch.forEach((number, file) -> numbers.put(file, number));
    Map<Integer, ParsedFile> found = new LinkedHashMap<>();
    if (!batch.isEmpty()) {
      for (ParsedFile file : parser.parse(List.copyOf(batch.values()), notices::add)) {
        found.put(Objects.requireNonNull(numbers.get(file.source()), "batch"), file);
      }
    }
    return found;
  }
}
