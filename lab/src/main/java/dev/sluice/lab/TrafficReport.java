package dev.sluice.lab;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The account of a stream in one direction: every packet sent is found received or lost, and every packet received is found at every
 * node that it had to pass, or is a bypass.
 *
 * @param sentCount packets sent
 * @param receivedCount different packets received
 * @param lostCount packets sent but not received
 * @param duplicatedCount receptions beyond the first of a packet
 * @param reorderedCount packets received after a later one (RFC 4737 3.3: number below the highest so far)
 * @param foreignCount receptions of ids that this stream did not send
 * @param bypassedCount packets received that at least one required node did not see
 * @param missedByNode for each required node, the packets received that it did not see
 * @param wrongPathCount packets that at least one forbidden node saw
 * @param wrongPathByNode for each forbidden node, the packets that it saw
 * @param longestLossCount the longest run of packets lost one after another
 */
public record TrafficReport(
        long sentCount,
        long receivedCount,
        long lostCount,
        long duplicatedCount,
        long reorderedCount,
        long foreignCount,
        long bypassedCount,
        Map<String, Long> missedByNode,
        long wrongPathCount,
        Map<String, Long> wrongPathByNode,
        long longestLossCount) {
    /** Keeps its maps to itself. */
    public TrafficReport {
        missedByNode = Map.copyOf(missedByNode);
        wrongPathByNode = Map.copyOf(wrongPathByNode);
    }

    /** Whether every packet came exactly once, in order, past all required nodes and no forbidden one. */
    public boolean isPerfect() {
        return lostCount == 0
                && duplicatedCount == 0
                && reorderedCount == 0
                && foreignCount == 0
                && bypassedCount == 0
                && wrongPathCount == 0;
    }

    /**
     * Makes the account.
     *
     * @param firstId id of the first packet; the others follow without gaps
     * @param sentCount packets sent
     * @param received ids received, in order of arrival, with repetitions
     * @param required what each node saw that all packets must pass
     * @param forbidden what each node saw that no packet may pass
     */
    static TrafficReport account(
            long firstId,
            long sentCount,
            long[] received,
            Map<String, Set<Long>> required,
            Map<String, Set<Long>> forbidden) {
        boolean[] arrived = new boolean[Math.toIntExact(sentCount)];
        long duplicated = 0;
        long reordered = 0;
        long foreign = 0;
        long highest = -1;
        for (long id : received) {
            long number = id - firstId;
            if (number < 0 || number >= sentCount) {
                foreign++;
            } else if (arrived[(int) number]) {
                duplicated++;
            } else {
                arrived[(int) number] = true;
                if (number < highest) {
                    reordered++;
                }
                highest = Math.max(highest, number);
            }
        }
        long receivedCount = 0;
        long longestLoss = 0;
        long loss = 0;
        Set<Long> receivedIds = new HashSet<>();
        for (int number = 0; number < arrived.length; number++) {
            if (arrived[number]) {
                receivedCount++;
                loss = 0;
                receivedIds.add(firstId + number);
            } else {
                loss++;
                longestLoss = Math.max(longestLoss, loss);
            }
        }
        return new TrafficReport(
                sentCount,
                receivedCount,
                sentCount - receivedCount,
                duplicated,
                reordered,
                foreign,
                receivedIds.stream()
                        .filter(id -> required.values().stream().anyMatch(seen -> !seen.contains(id)))
                        .count(),
                missed(receivedIds, required),
                wrongPath(firstId, sentCount, forbidden),
                wrongPathByNode(firstId, sentCount, forbidden),
                longestLoss);
    }

    private static Map<String, Long> missed(Set<Long> received, Map<String, Set<Long>> required) {
        Map<String, Long> missed = new TreeMap<>();
        required.forEach((node, seen) -> missed.put(
                node, received.stream().filter(id -> !seen.contains(id)).count()));
        return missed;
    }

    private static long wrongPath(long firstId, long count, Map<String, Set<Long>> forbidden) {
        Set<Long> wrong = new HashSet<>();
        forbidden.values().forEach(wrong::addAll);
        return own(firstId, count, wrong);
    }

    private static Map<String, Long> wrongPathByNode(long firstId, long count, Map<String, Set<Long>> forbidden) {
        Map<String, Long> wrong = new TreeMap<>();
        forbidden.forEach((node, seen) -> wrong.put(node, own(firstId, count, seen)));
        return wrong;
    }

    private static long own(long firstId, long count, Set<Long> ids) {
        return ids.stream().filter(id -> id >= firstId && id < firstId + count).count();
    }

    /** One line for people. */
    @Override
    public String toString() {
        return "sent " + sentCount + ", received " + receivedCount + ", lost " + lostCount + " (longest run "
                + longestLossCount + "), duplicated " + duplicatedCount + ", reordered " + reorderedCount + ", foreign "
                + foreignCount + ", bypassed " + bypassedCount + " " + new TreeMap<>(missedByNode) + ", wrong path "
                + wrongPathCount + " " + new TreeMap<>(wrongPathByNode);
    }
}
