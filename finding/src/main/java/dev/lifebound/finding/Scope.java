package dev.lifebound.finding;

import org.jspecify.annotations.Nullable;

/**
 * Where a finding was seen.
 *
 * @param project the project's name
 * @param branch the branch, or null when unknown; blank counts as null
 * @param revision the commit or build, or null when unknown; blank counts as null
 */
public record Scope(String project, @Nullable String branch, @Nullable String revision) {
  public Scope {
    Checks.text("project", project);
    branch = Checks.orNull(branch);
    revision = Checks.orNull(revision);
  }

  /** A project of which neither branch nor revision is known. */
  public static Scope ofProject(String project) {
    return new Scope(project, null, null);
  }
}
