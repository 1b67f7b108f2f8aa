package dev.lifebound.analysis.lifetime;

import java.util.List;
import java.util.Set;

/**
 * One function, method or closure as a graph.
 *
 * @param id unique within the unit; calls name it
 * @param name as the language writes it, for messages and fingerprints
 * @param file where it stands
 * @param span its text, or the part that names it
 * @param parameters receiver first
 * @param variables how many variables there are, parameters included
 * @param blocks the graph; block 0 is the entry
 * @param traits what is special about it
 * @param parts closures that are written inside it and run at an unknown time
 */
public record Function(
    String id,
    String name,
    SourceFile file,
    Span span,
    List<Variable> parameters,
    int variables,
    List<Block> blocks,
    Set<Trait> traits,
    List<String> parts) {
  public Function {
    parameters = List.copyOf(parameters);
    blocks = List.copyOf(blocks);
    traits = Set.copyOf(traits);
    parts = List.copyOf(parts);
  }

  /** Whether the function has a trait. */
  public boolean is(Trait trait) {
    return traits.contains(trait);
  }

  /** What is special about a function. */
  public enum Trait {
    /** Code outside the unit may call it. */
    PUBLIC,
    /** Native code may call it at any time, also while a free is running. */
    CALLED_BY_NATIVE,
    /** The runtime calls it at an unknown time. */
    FINALIZER,
    /** Runs once, at start. */
    INITIALIZER,
    /** Ends its object's life: a close or dispose; nobody is expected to use the object later. */
    TEARDOWN
  }
}
