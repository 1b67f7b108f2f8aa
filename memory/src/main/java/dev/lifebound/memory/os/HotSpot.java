package dev.lifebound.memory.os;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What machine code must know about the Java virtual machine that it runs in.
 *
 * <p>Read once, from the tables that HotSpot keeps for debuggers and from the JNI and JVMTI
 * interfaces. Whatever is not to be had is left out, with the reason in {@link #missing()}; nothing
 * here throws on another virtual machine.
 */
public final class HotSpot {
  /**
   * A range of address space that holds compiled code.
   *
   * @param low the first address
   * @param high the first address behind it; reserved for the heap, and never given to another use
   * @param compiledJavaOnly whether all code in it was compiled from Java methods; else it also
   *     holds HotSpot's stubs and the interpreter
   * @param segmentMap address of the heap's map: a byte for each segment, the distance back to its
   *     block's first segment
   * @param segmentShift logarithm of the bytes of a segment
   */
  public record CodeHeap(
      long low, long high, boolean compiledJavaOnly, long segmentMap, int segmentShift) {
    /** Whether an address lies in it. */
    public boolean contains(long address) {
      return address >= low && address < high;
    }
  }

  /**
   * How to tell a compiled method from other blocks of a code heap.
   *
   * @param headerBytes before each block's own first byte
   * @param kindOffset where a block has its kind, one byte
   * @param compiledMethod the kind of compiled methods
   */
  public record BlockKinds(long headerBytes, long kindOffset, int compiledMethod) {}

  private static final class Holder {
    static final HotSpot FACTS = new HotSpot();
  }

  private final List<CodeHeap> codeHeaps = new ArrayList<>();
  private final List<String> missing = new ArrayList<>();
  private @Nullable JavaStacks javaStacks;
  private @Nullable BlockKinds blockKinds;

  private HotSpot() {
    try {
      LoadedLibrary jvm = LoadedLibrary.of("libjvm.so");
      VmStructs structs = new VmStructs(jvm);
      findCodeHeaps(structs);
      findJavaStacks(jvm, structs);
    } catch (RuntimeException e) {
      missing.add("HotSpot's description of itself: " + e.getMessage());
    }
  }

  /** The facts of this process; looked up by the first call. */
  public static HotSpot facts() {
    return Holder.FACTS;
  }

  /** The ranges of compiled code; empty when they are not known. */
  public List<CodeHeap> codeHeaps() {
    return List.copyOf(codeHeaps);
  }

  /** What tells compiled methods from the rest of a code heap; empty when it is not known. */
  public Optional<BlockKinds> blockKinds() {
    return Optional.ofNullable(blockKinds);
  }

  /** What is needed to take Java stacks in machine code; empty when something of it is missing. */
  public Optional<JavaStacks> javaStacks() {
    return Optional.ofNullable(javaStacks);
  }

  /** What is not known here, with reasons; empty when everything is. */
  public List<String> missing() {
    return List.copyOf(missing);
  }

  private void findCodeHeaps(VmStructs structs) {
    try {
      // SAFETY: the addresses come from HotSpot's own table; heaps are made at start and stay.
      long stub = Raw.getLong(structs.address("StubRoutines::_call_stub_return_address"));
      long heaps = Raw.getLong(structs.address("CodeCache::_heaps"));
      int count = Raw.getInt(heaps + structs.offset("GrowableArrayBase::_len"));
      long data = Raw.getLong(heaps + structs.offset("GrowableArray<int>::_data"));
      for (int i = 0; i < count; i++) {
        long space =
            Raw.getLong(data + (long) i * Long.BYTES) + structs.offset("CodeHeap::_memory");
        long low = Raw.getLong(space + structs.offset("VirtualSpace::_low_boundary"));
        long high = Raw.getLong(space + structs.offset("VirtualSpace::_high_boundary"));
        long heap = Raw.getLong(data + (long) i * Long.BYTES);
        long map =
            Raw.getLong(
                heap
                    + structs.offset("CodeHeap::_segmap")
                    + structs.offset("VirtualSpace::_low_boundary"));
        int shift = Raw.getInt(heap + structs.offset("CodeHeap::_log2_segment_size"));
        codeHeaps.add(new CodeHeap(low, high, stub < low || stub >= high, map, shift));
      }
      blockKinds =
          new BlockKinds(
              structs.size("HeapBlock"),
              structs.offset("CodeBlob::_kind"),
              structs.constant("CodeBlobKind::Nmethod"));
    } catch (RuntimeException e) {
      codeHeaps.clear();
      missing.add("code heaps: " + e.getMessage());
    }
  }

  private void findJavaStacks(LoadedLibrary jvm, VmStructs structs) {
    try {
      javaStacks = JavaStacks.open(jvm, structs);
    } catch (RuntimeException e) {
      missing.add("Java stacks: " + e.getMessage());
    }
  }
}
