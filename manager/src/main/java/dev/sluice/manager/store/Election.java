package dev.sluice.manager.store;

import dev.sluice.manager.store.Store.Condition;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/** Which of the managers of one store leads: does what must not be done by two at a time. Any thread. */
public interface Election extends AutoCloseable {
    /** The version of this program. */
    String SOFTWARE = Objects.requireNonNullElse(Election.class.getPackage().getImplementationVersion(), "development");

    /** What a manager does while it leads. Called by one thread. */
    interface Candidate {
        /**
         * It leads from now on.
         *
         * @throws RuntimeException if it cannot do what leaders do; another one leads then
         */
        void begin(Term term);

        /** It leads no longer, and has stopped to act as a leader when this returns. */
        void end();

        /** Where people reach it, as the others show it; empty: not said. */
        default String address() {
            return "";
        }
    }

    /**
     * A time for which one manager leads.
     *
     * @param number of the term; later ones have higher numbers
     * @param fence what has to hold in the store for this term's transactions: none is stored after its end, however late it comes
     * @param holds whether it is still sure that nobody else leads; asked before each step outside of the store
     */
    record Term(long number, List<Condition> fence, BooleanSupplier holds) {}

    /**
     * Who leads.
     *
     * @param manager name of this one; empty if it is the only one
     * @param leads whether it is this one
     * @param leader name of the one that leads; empty if nobody does, or there is only one
     * @param term number of its term; 0: none
     */
    record Standing(String manager, boolean leads, String leader, long term) {}

    /**
     * A manager that is there.
     *
     * @param address where people reach it; empty: it did not say
     * @param software its version
     * @param since when it began, ISO 8601
     */
    record Member(String name, String address, String software, String since) {}

    /**
     * The managers of the store that were heard of lately, by name.
     *
     * @throws StoreException if the store does not answer
     */
    List<Member> members();

    /** Who leads now, as far as this manager knows. */
    Standing standing();

    /** Stops leading, and standing for it. */
    @Override
    void close();

    /** Of a manager that has its store for itself: it leads from the beginning to the end. */
    static Election alone(Candidate candidate) {
        candidate.begin(new Term(0, List.of(), () -> true));
        String began = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        return new Election() {
            @Override
            public Standing standing() {
                return new Standing("", true, "", 0);
            }

            @Override
            public List<Member> members() {
                return List.of(new Member("", candidate.address(), SOFTWARE, began));
            }

            @Override
            public void close() {
                candidate.end();
            }
        };
    }
}
