package main

type modelCommand struct {
	Train    modelTrain    `cmd:"" help:"Train the intent model on the shops' own facts, or on the shipped grammar."`
	Evaluate modelEvaluate `cmd:"" help:"Hold a model against the one in force, on conversations that no training sees."`
	List     modelList     `cmd:"" help:"The models there are, and when each reads messages."`
	Promote  modelPromote  `cmd:"" help:"Put a model in force, from 10 minutes on."`
	Rollback modelRollback `cmd:"" help:"Put the former model in force again, from 10 minutes on."`
}
