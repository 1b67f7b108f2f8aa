package dev.lifebound.analysis.lifetime;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Builds one {@link Function}. Steps go to the current block; after {@link #end} a step opens a
 * block that nothing reaches, so that translators need not care about dead code. Confined to one
 * thread.
 */
public final class FunctionBuilder {
  private final String id;
  private final String name;
  private final SourceFile file;
  private final Span span;
  private final List<Variable> parameters = new ArrayList<>();
  private final List<String> parts = new ArrayList<>();
  private final List<Draft> drafts = new ArrayList<>();
  private Draft current;
  private int variables;

  /** Starts with an empty entry block. */
  public FunctionBuilder(String id, String name, SourceFile file, Span span) {
    this.id = id;
    this.name = name;
    this.file = file;
    this.span = span;
    this.current = draft();
  }

  public SourceFile file() {
    return file;
  }

  public String id() {
    return id;
  }

  public String name() {
    return name;
  }

  /** The next parameter; a receiver comes first. */
  public Variable parameter(String parameterName) {
    Variable parameter = variable(parameterName);
    parameters.add(parameter);
    return parameter;
  }

  /** A new variable; temporaries are named by the text of their expression. */
  public Variable variable(String variableName) {
    return new Variable(variables++, variableName);
  }

  /** A new block that nothing reaches yet; the current block stays. */
  public int block() {
    return draft().number;
  }

  /** Makes a block the current one. */
  public void enter(int block) {
    current = drafts.get(block);
  }

  /** The current block's number. */
  public int current() {
    return current.number;
  }

  /** Whether the current block still lacks its end. */
  public boolean isOpen() {
    return current.end == null;
  }

  /** Appends a step. */
  public void add(Op op) {
    open().ops.add(op);
  }

  /** Ends the current block. */
  public void end(Terminator terminator) {
    open().end = terminator;
  }

  /** Ends the current block with a jump, where it is still open. */
  public void jump(int target) {
    if (isOpen()) {
      end(new Terminator.Jump(target));
    }
  }

  /** Names a closure that is written inside this function. */
  public void part(String closureId) {
    parts.add(closureId);
  }

  /** The function; a block without an end returns nothing. */
  public Function build(Set<Function.Trait> traits) {
    List<Block> blocks = new ArrayList<>();
    int site = 0;
    for (Draft draft : drafts) {
      Terminator end = draft.end;
      Span last = new Span(span.end(), span.end());
      blocks.add(
          new Block(draft.ops, site, end == null ? new Terminator.Return(last, List.of()) : end));
      site += draft.ops.size();
    }
    return new Function(id, name, file, span, parameters, variables, blocks, traits, parts);
  }

  private Draft open() {
    if (current.end != null) {
      current = draft();
    }
    return current;
  }

  private Draft draft() {
    Draft draft = new Draft(drafts.size());
    drafts.add(draft);
    return draft;
  }

  private static final class Draft {
    final int number;
    final List<Op> ops = new ArrayList<>();
    @Nullable Terminator end;

    Draft(int number) {
      this.number = number;
    }
  }
}
