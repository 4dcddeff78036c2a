package main

import (
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// The policy that corspec asks for.
type Policy struct {
	AnyOrigin      bool     `json:"any_origin"`
	Origins        []string `json:"origins"`
	OriginPatterns []string `json:"origin_patterns"`
	NullOrigin     bool     `json:"null_origin"`
	Methods        []string `json:"methods"`
	RequestHeaders []string `json:"request_headers"`
	ExposedHeaders []string `json:"exposed_headers"`
	Credentials    bool     `json:"credentials"`
	MaxAge         int      `json:"max_age"`
}

func main() {
	var policy Policy
	if err := json.Unmarshal([]byte(os.Getenv("CORSPEC_POLICY")), &policy); err != nil {
		log.Fatal(err)
	}

	e := echo.New()
	e.HideBanner = true
	e.HidePort = true
	e.Use(middleware.CORSWithConfig(config(policy)))

	e.Match(policy.Methods, "/resource", resource)
	e.Match(policy.Methods, "/protected", resource, requireAuthorization)
	e.GET("/failing", func(c echo.Context) error {
		return errors.New("failing")
	})
	e.GET("/events", func(c echo.Context) error {
		return c.Blob(http.StatusOK, "text/event-stream", []byte("id: 1\ndata: one\n\nid: 2\ndata: two\n\n"))
	})

	log.Fatal(e.Start("127.0.0.1:" + os.Getenv("PORT")))
}

func config(policy Policy) middleware.CORSConfig {
	config := middleware.CORSConfig{
		AllowOrigins:     append(policy.Origins, policy.OriginPatterns...),
		AllowMethods:     policy.Methods,
		AllowHeaders:     policy.RequestHeaders,
		ExposeHeaders:    policy.ExposedHeaders,
		AllowCredentials: policy.Credentials,
		MaxAge:           policy.MaxAge,
	}
	if policy.AnyOrigin {
		config.AllowOrigins = []string{"*"}
	}
	if policy.NullOrigin {
		config.AllowOrigins = append(config.AllowOrigins, "null")
	}
	if policy.MaxAge == 0 {
		// 0 stands for no Access-Control-Max-Age, a negative value for that of 0.
		config.MaxAge = -1
	}
	return config
}

func resource(c echo.Context) error {
	header := c.Response().Header()
	header.Set("X-Handler", "resource")
	header.Set("X-Total", "42")
	header.Set("X-Trace", "t1")
	header.Add("Vary", "Accept-Encoding")
	header.Set("Cache-Control", "public, max-age=60")
	return c.Blob(http.StatusOK, "text/plain", []byte("resource"))
}

func requireAuthorization(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().Header.Get("Authorization") == "" {
			c.Response().Header().Set("WWW-Authenticate", `Basic realm="corspec"`)
			return echo.ErrUnauthorized
		}
		return next(c)
	}
}
