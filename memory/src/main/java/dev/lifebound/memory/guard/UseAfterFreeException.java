package dev.lifebound.memory.guard;

import dev.lifebound.memory.handle.LifeboundException;
import org.jspecify.annotations.Nullable;

/**
 * A freed block was read or written.
 *
 * <p>The access did not happen, but delivery is imprecise: a value read is arbitrary, and
 * statements behind the access may have run. Abandon the unit of work.
 */
public final class UseAfterFreeException extends LifeboundException {
  private static final long serialVersionUID = 1L;

  private final GuardedBlock block;
  private final long address;

  private UseAfterFreeException(String message, GuardedBlock block, long address) {
    super(message);
    this.block = block;
    this.address = address;
  }

  /**
   * @param address that was accessed, in the block
   * @param cause the JVM's own error, where there is one
   */
  static UseAfterFreeException of(GuardedBlock block, long address, @Nullable Throwable cause) {
    UseAfterFreeException made =
        new UseAfterFreeException(
            "a block must not be used after its free: "
                + block.text()
                + ", offset="
                + (address - block.address())
                + "; abandon the unit of work, its values are arbitrary"
                + block.lifeText(),
            block,
            address);
    if (cause != null) {
      made.initCause(cause);
    }
    return made;
  }

  /** The address that was accessed. */
  public long address() {
    return address;
  }

  /** The block that was used. */
  public GuardedBlock block() {
    return block;
  }
}
