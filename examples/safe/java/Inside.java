import dev.lifebound.memory.map.LongLongMap;
import java.util.SplittableRandom;

/** What an off-heap map looks like inside, at one of its sizes. */
class Inside {
  public static void main(String[] args) {
    int entries = args.length > 0 ? Integer.parseInt(args[0]) : 100_000;
    SplittableRandom random = new SplittableRandom(1);
    try (LongLongMap map = LongLongMap.builder().name("sessions").seed(1).build()) {
      for (int i = 0; i < entries; i++) {
        map.put(random.nextLong(), i);
      }
      System.out.print(map.inspect().toText());
    }
  }
}
