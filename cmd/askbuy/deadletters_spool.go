package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"askbuy/pipeline"
)

type lettersSpool struct {
	Requeue bool `help:"Produce them to the dead letters, where list, show and requeue find them, and empty the file."`
}

// Help is what the flags alone do not tell.
func (lettersSpool) Help() string {
	return `A record that the broker refuses for good becomes a dead letter; where it
refuses that as well, most often because it is larger than the topic takes, the
letter is kept in spool/refused of the door's data directory (--data-dir, on the
door's machine). Raise the topic's max.message.bytes, then --requeue.`
}

func (s lettersSpool) Run(a *app) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	if s.Requeue {
		sent, unreadable, err := pipeline.RequeueSpooled(a.ctx, c)
		if err != nil {
			return no(err)
		}
		fmt.Fprintf(a.stdout, "%d letters are dead letters now\n", sent)
		return unreadableBytes(unreadable, "the file as it was is at the end of spool/refused.corrupt now")
	}
	letters, unreadable, err := pipeline.SpooledLetters(c)
	if err != nil {
		return err
	}
	if err := tellSpooled(a.stdout, letters); err != nil {
		return err
	}
	return unreadableBytes(unreadable, "--requeue takes the others")
}

func unreadableBytes(stretches int, next string) error {
	if stretches == 0 {
		return nil
	}
	return no(fmt.Errorf("%d stretches of spool/refused are no records: check the disk, ask the senders for what is missing; %s", stretches, next))
}

func tellSpooled(w io.Writer, letters []pipeline.SpooledLetter) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	if len(letters) > 0 {
		fmt.Fprintln(t, "id\treceived\tsource\tshop\ttype\tevent\treason\tbytes\tdetail")
	}
	for _, l := range letters {
		shown := func(s string) string { return printableBytes([]byte(s)) }
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", shown(l.ID), time.UnixMilli(l.ReceivedAt).UTC().Format(time.RFC3339),
			shown(l.Source), shown(l.ShopID), shown(l.Type), shown(l.EventID), l.Reason, l.Size, shown(l.Detail))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d letters are on this disk alone\n", len(letters))
	return err
}
