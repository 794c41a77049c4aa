package dev.sluice.manager.objects;

/**
 * Who asks.
 *
 * @param user who it is, for the record
 * @param manager the name under which fields are owned
 * @param rights what the user may do
 */
public record Caller(String user, String manager, Rights rights) {
    /** Somebody who may do everything: the manager itself. */
    public Caller(String user, String manager) {
        this(user, manager, Rights.ALL);
    }
}
