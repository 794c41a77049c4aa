package dev.sluice.manager.objects;

/**
 * Who asks.
 *
 * @param user who it is, for the record
 * @param manager the name under which fields are owned
 */
public record Caller(String user, String manager) {}
