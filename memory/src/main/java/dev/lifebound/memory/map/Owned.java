package dev.lifebound.memory.map;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Said of a record's component of type {@code long}: it is a handle, and the map's entry owns one
 * reference of its block.
 *
 * <pre>{@code
 * record Session(@Owned long block, long openedAt) {}
 *
 * Codec<Session> codec = Codecs.deriving().registry(registry).of(Session.class);
 * }</pre>
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Owned {}
