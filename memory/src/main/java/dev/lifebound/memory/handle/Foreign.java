package dev.lifebound.memory.handle;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.util.Objects;
import java.util.function.LongPredicate;
import java.util.function.Predicate;

/**
 * Calls of C functions whose pointers change hands: what they return becomes a block at once, and
 * what they take is stale at once. One object stands for one kind of memory: its registry, the
 * function that frees it, its tag.
 *
 * <p>The program makes the method handles with its own {@code Linker}, and calls them in a lambda,
 * where {@code invokeExact} keeps its types:
 *
 * <pre>{@code
 * Foreign strings = Foreign.of(registry, Foreign.freeing(FREE), "string");
 * long copy = strings.returned(Extent.cString(), () -> (MemorySegment) STRDUP.invokeExact(text));
 * long comma = strings.borrowed(copy, s -> (MemorySegment) STRCHR.invokeExact(s, ','));
 * strings.given(copy, s -> { LIST_TAKE.invokeExact(list, s); }); // comma and copy are stale now
 * }</pre>
 *
 * <p>A pointer from C has size zero until somebody gives it a size, which is a restricted method.
 * Pass {@code --enable-native-access=dev.lifebound.memory} when this library is on the module path,
 * and {@code --enable-native-access=ALL-UNNAMED} when it is on the class path (the program needs
 * the flag for its own {@code Linker} anyhow). Without it the JVM warns at the first such call; no
 * call needs it when the function's descriptor names a target layout of the right size, nor does
 * {@link #borrowed(long, Borrowing)}.
 *
 * <p>NULL from C is the handle 0, which names no block. Any thread may call any method. What a
 * method handle throws reaches the caller as it is; a checked exception, which no downcall throws,
 * as the cause of an {@link IllegalStateException}.
 */
public final class Foreign {
  /** A function that returns a pointer. */
  @FunctionalInterface
  public interface Returning {
    MemorySegment call() throws Throwable;
  }

  /** A function that stores a pointer at {@code out} and returns a status. */
  @FunctionalInterface
  public interface Filling {
    long call(MemorySegment out) throws Throwable;
  }

  /** A function that takes a block over. */
  @FunctionalInterface
  public interface Taking<R> {
    R call(MemorySegment block) throws Throwable;
  }

  /**
   * A function that takes a block over and returns nothing: a lambda with braces, since {@code
   * invokeExact} without them is an expression of type {@code Object}.
   */
  @FunctionalInterface
  public interface Consuming {
    void call(MemorySegment block) throws Throwable;
  }

  /** A function that returns a pointer which its argument owns. */
  @FunctionalInterface
  public interface Borrowing {
    MemorySegment call(MemorySegment argument) throws Throwable;
  }

  /** What {@link #run} runs. */
  @FunctionalInterface
  interface Call<R> {
    R call() throws Throwable;
  }

  private final Registry registry;
  private final BlockTable table;
  private final Deallocator deallocator;
  private final String tag;

  private Foreign(Registry registry, Deallocator deallocator, String tag) {
    this.registry = registry;
    this.table = registry.table();
    this.deallocator = Objects.requireNonNull(deallocator, "deallocator must not be null");
    this.tag = Objects.requireNonNull(tag, "tag must not be null");
  }

  /**
   * A kind of foreign memory.
   *
   * @param deallocator what frees a block of it, as {@link #freeing} makes it
   */
  public static Foreign of(Registry registry, Deallocator deallocator, String tag) {
    return new Foreign(registry, deallocator, tag);
  }

  /**
   * A deallocator that calls a C function with the block, such as {@code free}. What the function
   * returns is not looked at.
   *
   * <p>Safety: the function must be the one that frees what is adopted with it.
   *
   * @param function takes one pointer
   */
  public static Deallocator freeing(MethodHandle function) {
    MethodHandle free = function.asType(MethodType.methodType(void.class, MemorySegment.class));
    return block ->
        run(() -> {
          // SAFETY: the registry calls this once, when nothing can reach the block any more.
          free.invokeExact(block);
          return block;
        });
  }

  /**
   * Calls a function that returns memory which the caller owns, as {@code strdup} does.
   *
   * @return a handle with one reference, or 0 when the function returned NULL
   * @throws AlreadyLiveException when the address belongs to a live block
   * @throws LimitExceededException when a byte limit would be passed; the memory has been freed, as
   *     after everything else that may prevent the adoption but an address that is live
   */
  public long returned(Extent extent, Returning function) {
    return adopt(run(function::call), extent);
  }

  /**
   * Calls a function that stores a pointer to memory which the caller owns, as {@code
   * posix_memalign} does.
   *
   * @param succeeded whether the status means that the pointer was stored
   * @return a handle with one reference, or 0 when the function stored NULL
   * @throws ForeignCallFailedException when the status means failure; what was stored is not looked
   *     at
   */
  public long filled(Extent extent, LongPredicate succeeded, Filling function) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ADDRESS);
      long status = run(() -> function.call(out));
      if (!succeeded.test(status)) {
        throw new ForeignCallFailedException(
            "a function that fills a pointer must succeed: status=" + status + ", tag=" + tag,
            status);
      }
      return adopt(out.get(ADDRESS, 0), extent);
    }
  }

  private long adopt(MemorySegment pointer, Extent extent) {
    if (pointer.address() == 0) {
      return 0;
    }
    MemorySegment block = pointer;
    try {
      block = sized(pointer, run(() -> extent.byteSize(pointer)));
      return registry.adopt(block, deallocator, tag);
    } catch (AlreadyLiveException e) {
      // It is somebody's block.
      throw e;
    } catch (Throwable e) {
      deallocator.free(block);
      throw e;
    }
  }

  /** A pointer with its size. */
  @SuppressWarnings("restricted")
  private static MemorySegment sized(MemorySegment pointer, long byteSize) {
    if (byteSize < 1) {
      throw new IllegalArgumentException(
          "an extent must be at least one byte: byteSize=" + byteSize + ", pointer=" + pointer);
    }
    if (byteSize <= pointer.byteSize()) {
      return pointer.asSlice(0, byteSize);
    }
    // SAFETY: the extent is the program's word for how much memory the pointer has.
    return pointer.reinterpret(byteSize);
  }

  /**
   * Calls a function that takes a block over: frees it, or keeps it.
   *
   * <p>The block must have one reference and no lease. Its handle and its children are stale before
   * the call begins; read sections of other threads that may see it are waited for. The deallocator
   * never runs; when the function throws, the block counts as taken.
   *
   * @throws StaleHandleException when the block is not live
   * @throws IllegalStateException when others hold the block, it was not adopted, or this thread
   *     has a read section open; the function was not called
   */
  public void given(long handle, Consuming function) {
    new Handover(table)
        .<Boolean>give(
            handle,
            block -> {
              function.call(block);
              return true;
            },
            _ -> true);
  }

  /** As {@link #given}, for a function that returns something. */
  public <R> R givenFor(long handle, Taking<R> function) {
    return givenFor(handle, function, _ -> true);
  }

  /**
   * As {@link #givenFor(long, Taking)}, for a function that may decline: {@code realloc} does when
   * it returns NULL. A block that was not taken is freed by its deallocator, as after a release.
   */
  public <R> R givenFor(long handle, Taking<R> function, Predicate<? super R> taken) {
    return new Handover(table).give(handle, function, taken);
  }

  /**
   * Calls a function that returns a pointer into the block that it is given, as {@code strchr}
   * does. The result is a child of that block, from the pointer to the block's end: stale when the
   * block is, and never freed itself. Needs no native access.
   *
   * @return a handle with one reference, or 0 when the function returned NULL
   * @throws CheckFailedException when the pointer is not in the block
   * @throws StaleHandleException when the block is not live
   */
  public long borrowed(long handle, Borrowing function) {
    try (Lease lease = registry.lease(handle)) {
      MemorySegment argument = lease.whole();
      MemorySegment pointer = run(() -> function.call(argument));
      if (pointer.address() == 0) {
        return 0;
      }
      long at = pointer.address() - argument.address();
      if (at < 0 || at >= argument.byteSize()) {
        throw table.strayed(handle, pointer.address(), 1);
      }
      return child(handle, argument.asSlice(at));
    }
  }

  /**
   * Calls a function that returns memory of its own which lives as long as the block it is given,
   * as {@code sqlite3_column_text} does. The result is a child of that block: stale when the block
   * is, and never freed itself.
   *
   * @return a handle with one reference, or 0 when the function returned NULL
   * @throws CheckFailedException in checked mode, when the memory lies in another block, or leaves
   *     the one that it begins in
   * @throws StaleHandleException when the block is not live
   */
  public long borrowed(long handle, Extent extent, Borrowing function) {
    try (Lease lease = registry.lease(handle)) {
      MemorySegment pointer = run(() -> function.call(lease.whole()));
      if (pointer.address() == 0) {
        return 0;
      }
      long byteSize = run(() -> extent.byteSize(pointer));
      table.checkBorrowed(handle, pointer.address(), byteSize);
      return child(handle, sized(pointer, byteSize));
    }
  }

  private long child(long parent, MemorySegment part) {
    HeldBlock held = HeldBlock.borrowed(part);
    long child = table.enter(held, part.byteSize(), table.tags.account(tag), 0);
    try {
      table.attachments.adoptChild(parent, child);
      return child;
    } catch (RuntimeException e) {
      table.kill(child);
      throw e;
    }
  }

  static <R> R run(Call<R> call) {
    try {
      return call.call();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(
          "a foreign call must not throw a checked exception: exception=" + e, e);
    }
  }
}
