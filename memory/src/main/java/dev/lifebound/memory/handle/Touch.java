package dev.lifebound.memory.handle;

import java.util.Objects;

/**
 * One of the last things done with a block before it leaked.
 *
 * @param operation {@code lease}, {@code retain}, {@code release}, {@code own}, {@code name} and so
 *     on: the method's name
 * @param site where and when
 */
public record Touch(String operation, Site site) {
  public Touch {
    Objects.requireNonNull(operation, "operation must not be null");
    Objects.requireNonNull(site, "site must not be null");
  }
}
